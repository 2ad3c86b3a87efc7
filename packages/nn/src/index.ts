// @tapegrad/nn: modules, layers, losses and initialisation (nn), the functional forms (F), optimizers
// and schedules (optim). Everything of nn and optim is also exported by itself.
import * as nn from "./nn.ts";
import { ownsAllTensors } from "./plain-tensors.ts";

export * as F from "./functional.ts";
export * from "./nn.ts";
export * as nn from "./nn.ts";
export * from "./optim/index.ts";
export * as optim from "./optim/index.ts";

ownsAllTensors(Object.values(nn));
