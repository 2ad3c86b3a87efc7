// The models that the command trains by name. Each takes the shape of an image and the number of classes.
import { ArgumentError, mean, type Tensor } from "@tapegrad/core";
import { nn } from "@tapegrad/nn";

export interface ModelInput {
  /** [channels, height, width]. */
  readonly shape: readonly [number, number, number];
  readonly classes: number;
}

/** (out channels, stride) of the five blocks. */
const BLOCKS: readonly (readonly [channels: number, stride: number])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
];

const norm = (channels: number) => new nn.BatchNorm2d(channels);
const activation = () => new nn.ReLU();

/**
 * A small MobileNet: a 3×3 stem, five depthwise separable blocks, mean over the image, a linear layer.
 * 136,202 parameters for 1×28×28 images of ten classes.
 * Howard et al.: "MobileNets", arXiv 1704.04861.
 */
class Separable extends nn.Module {
  readonly stem: nn.Sequential;
  readonly blocks: nn.Sequential;
  readonly classifier: nn.Linear;
  constructor({ shape: [channels], classes }: ModelInput) {
    super();
    let width = 32;
    this.stem = new nn.Sequential(
      new nn.Conv2d(channels, width, 3, { padding: 1, bias: false }),
      norm(width),
      activation(),
    );
    this.blocks = new nn.Sequential(
      ...BLOCKS.map(([out, stride]) => {
        const both = { norm, activation, finalNorm: norm, finalActivation: activation };
        const options = { stride, padding: 1, bias: false, ...both };
        const block = new nn.SeparableConv2d(width, out, 3, options);
        width = out;
        return block;
      }),
    );
    this.classifier = new nn.Linear(width, classes);
  }
  forward(x: Tensor): Tensor {
    return this.classifier.call(mean(this.blocks.call(this.stem.call(x)), [2, 3]));
  }
}

/** The same network with dense 3×3 convolutions, to compare: 9 times the multiply-adds in its blocks. */
class Dense extends nn.Module {
  readonly features: nn.Sequential;
  readonly classifier: nn.Linear;
  constructor({ shape: [channels], classes }: ModelInput) {
    super();
    let width = channels;
    const widths = [[32, 1] as const, ...BLOCKS];
    this.features = new nn.Sequential(
      ...widths.flatMap(([out, stride]) => {
        const conv = new nn.Conv2d(width, out, 3, { stride, padding: 1, bias: false });
        width = out;
        return [conv, norm(out), activation()];
      }),
    );
    this.classifier = new nn.Linear(width, classes);
  }
  forward(x: Tensor): Tensor {
    return this.classifier.call(mean(this.features.call(x), [2, 3]));
  }
}

/** One linear layer on the pixels: what a data set gives away for free. */
class Linear extends nn.Module {
  readonly flatten = new nn.Flatten();
  readonly classifier: nn.Linear;
  constructor({ shape: [channels, height, width], classes }: ModelInput) {
    super();
    this.classifier = new nn.Linear(channels * height * width, classes);
  }
  forward(x: Tensor): Tensor {
    return this.classifier.call(this.flatten.call(x));
  }
}

export type Classifier = nn.Module & { forward(x: Tensor): Tensor };

const REGISTRY: Readonly<Record<string, (input: ModelInput) => Classifier>> = {
  separable: (input) => new Separable(input),
  dense: (input) => new Dense(input),
  linear: (input) => new Linear(input),
};

export const models = {
  /** Names that `create` knows. */
  names: (): string[] => Object.keys(REGISTRY),
  /**
   * A classifier of images [N, channels, height, width] → [N, classes], freshly initialised.
   * @throws ArgumentError for a name that is not there
   */
  create(name: string, input: ModelInput): Classifier {
    const make = Object.hasOwn(REGISTRY, name) ? REGISTRY[name] : undefined;
    if (make === undefined) {
      throw new ArgumentError(
        "model",
        `there is no model '${name}'; there are ${models.names().join(", ")}`,
      );
    }
    return make(input);
  },
};
