// Apart from the backend, which loads gpu.js.

/** The backend on WebGL2. */
export const WEBGL2 = "webgl2";
