# python torch_peer.py LAYOUT THREADS: the process of PyTorch on the CPU; LAYOUT is nchw or channels_last.
# Messages, data and definitions are those of peer.ts, data.ts, workloads.ts and own.ts.
import json
import math
import os
import sys
import time

import numpy
import torch
import torch.nn.functional as F

layout, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
FORMAT = torch.channels_last if layout == "channels_last" else torch.contiguous_format
SHORTEST_MS, CHEAP_MS = 0.25, 150  # as in timing.ts


def uniform(shape, seed, deviation=1.0):
    count = math.prod(shape)
    h = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(((seed + 1) * 0x9E3779B1) & 0xFFFFFFFF)
    with numpy.errstate(over="ignore"):
        for _ in range(2):
            h = (h ^ (h >> numpy.uint32(16))) * numpy.uint32(0x045D9F3B)
    h ^= h >> numpy.uint32(16)
    values = (h.astype(numpy.float64) / 2**32 - 0.5) * (deviation * math.sqrt(12))
    t = torch.from_numpy(values.astype(numpy.float32)).reshape(shape)
    return t.contiguous(memory_format=FORMAT) if len(shape) == 4 else t


def mean_abs(*tensors):
    return sum(t.double().abs().sum().item() for t in tensors) / sum(t.numel() for t in tensors)


def layers_of(spec):
    """(weight shape, stride, padding, groups) of each convolution, and the shape of the last output."""
    n, c, h, w = spec["input"]
    layers = []
    for conv in spec["convs"]:
        k, s, p, g = conv["kernel"], conv["stride"], conv["padding"], conv["groups"]
        layers.append(((conv["out"], c // g, k, k), s, p, g))
        c, h, w = conv["out"], (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1
    return layers, (n, c, h, w)


def weights_of(layers, gain):
    return [uniform(w, i + 1, math.sqrt(gain / math.prod(w[1:]))) for i, (w, *_) in enumerate(layers)]


def chain(spec, direction):
    layers, out = layers_of(spec)
    ws = weights_of(layers, 1)
    x = uniform(spec["input"], 0)

    def forward():
        y = x
        for w, (_, s, p, g) in zip(ws, layers):
            y = F.conv2d(y, w, None, s, p, 1, g)
        return y

    if direction == "fwd":
        def run():
            with torch.inference_mode():
                return forward()
        return run, lambda: [mean_abs(run())]
    for t in (x, *ws):
        t.requires_grad_()
    dy = uniform(out, 300)
    both = lambda: torch.autograd.grad(forward(), [x, *ws], dy)

    def probe():
        dx, *dw = both()
        return [mean_abs(dx), mean_abs(*dw)]
    return both, probe


def inference(spec, direction):
    layers, (_, width, _, _) = layers_of(spec)
    ws = weights_of(layers, 2)
    bs = [uniform((w[0],), 100 + i, 0.01) for i, (w, *_) in enumerate(layers)]
    head = uniform((spec["classes"], width), 201, 1 / math.sqrt(width))
    bias = uniform((spec["classes"],), 202, 0.01)
    x = uniform(spec["input"], 0)

    def run():
        with torch.inference_mode():
            y = x
            for w, b, (_, s, p, g) in zip(ws, bs, layers):
                y = F.relu_(F.conv2d(y, w, b, s, p, 1, g))
            return F.linear(y.mean((2, 3)), head, bias)
    return run, lambda: [mean_abs(run())]


def step(spec, direction):
    layers, (n, width, _, _) = layers_of(spec)
    parameters = []
    for w in weights_of(layers, 2):
        parameters += [w, torch.ones(w.shape[0]), torch.zeros(w.shape[0])]
    parameters += [
        uniform((spec["classes"], width), 201, 1 / math.sqrt(width)),
        uniform((spec["classes"],), 202, 0.01),
    ]
    for p in parameters:
        p.requires_grad_()
    optimizer = torch.optim.SGD(parameters, lr=spec["lr"])
    x = uniform(spec["input"], 0)
    labels = torch.arange(n) % spec["classes"]

    def run():
        optimizer.zero_grad()
        y = x
        for i, (_, s, p, g) in enumerate(layers):
            w, gamma, beta = parameters[3 * i : 3 * i + 3]
            y = F.conv2d(y, w, None, s, p, 1, g)
            y = F.relu(F.batch_norm(y, None, None, gamma, beta, True, 0.1, spec["eps"]))
        loss = F.cross_entropy(F.linear(y.mean((2, 3)), *parameters[-2:]), labels)
        loss.backward()
        optimizer.step()
        return loss.item()
    return run, lambda: [run()]


def adds(spec, direction):
    a, b = (uniform((spec["size"],), seed) for seed in (0, 1))

    def forward():
        for _ in range(spec["count"]):
            torch.add(a, b)

    def both():
        for _ in range(spec["count"] // spec["length"]):
            y = a
            for _ in range(spec["length"]):
                y = y + b
            torch.autograd.grad(y.sum(), [a, b])

    if direction == "fwd":
        return forward, lambda: []
    a.requires_grad_()
    b.requires_grad_()
    return both, lambda: []


def gemm(spec, direction):
    a, b = (uniform((spec["size"], spec["size"]), seed) for seed in (0, 1))

    def run():
        with torch.inference_mode():
            return a @ b
    return run, lambda: [mean_abs(run())]


def timed(run, calls, now=time.perf_counter):
    start = now()
    for _ in range(calls):
        run()
    return (now() - start) * 1e3


def warm_up(run, effort):
    """warmUp() of timing.ts."""
    if effort["warmUpMs"] == 0:
        return SHORTEST_MS
    start = time.perf_counter()
    last, calls = timed(run, 1), 1
    while (time.perf_counter() - start) * 1e3 < effort["warmUpMs"] or (calls < 3 and last < 500):
        many = max(1, min(1000, int(5 / last)))
        last = timed(run, many) / many
        calls += many
    return last


def turn(run, per_call, effort):
    """turn() of timing.ts."""
    inner = max(1, math.ceil(SHORTEST_MS / max(per_call, 1e-6)))
    now = time.process_time if effort["clock"] == "cpu" else time.perf_counter
    if effort["timedMs"] > 0 and per_call < CHEAP_MS:
        timed(run, inner)
    until = time.perf_counter() + effort["timedMs"] / effort["rounds"] / 1e3
    samples = []
    while True:
        samples.append(timed(run, inner, now) / inner)
        if time.perf_counter() >= until or len(samples) >= 400:
            return samples


KINDS = {"chain": chain, "inference": inference, "step": step, "adds": adds, "gemm": gemm}
replies = os.fdopen(3, "w", buffering=1)
current = None


def answer(request):
    global current
    if request["do"] == "prepare":
        run, probe = KINDS[request["spec"]["kind"]](request["spec"], request["pass"])
        values = probe()
        current = (run, warm_up(run, request["effort"]), request["effort"])
        return {"probe": values}
    if request["do"] == "turn":
        return {"samples": turn(*current)}
    current = None
    return {"done": True}


print(json.dumps({"ready": True}), file=replies)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # told to the benchmark, which prints it
        reply = {"error": str(error).split("\n")[0]}
    print(json.dumps(reply), file=replies)
