"""Work of the original: its PyTorch code (a checkout of github.com/NVIDIA/pix2pixHD), called as its own scripts call it."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import torch

from benchmarks.task import NUM_CLASSES, Device, Task, Workspace, block_means, random_batch
from benchmarks.worker import Outputs, Work

_LOSSES = {
    "G_GAN": "generator_gan",
    "G_GAN_Feat": "feature_matching",
    "D_real": "discriminator_real",
    "D_fake": "discriminator_fake",
}


def training_step(task: Task, workspace: Workspace) -> Work:
    """One iteration of the original's train.py, with encoder and without VGG loss."""
    model = _model(task, workspace, "--instance_feat", "--num_D", str(task.num_scales))
    label, instance, image = _tensors(task)

    def run() -> Outputs:
        with _autocast(task):
            losses, _ = model(label, instance, image, torch.zeros(1))
        losses = dict(zip(model.loss_names, losses, strict=True))
        _update(model.optimizer_G, losses["G_GAN"] + losses["G_GAN_Feat"])
        _update(model.optimizer_D, 0.5 * (losses["D_fake"] + losses["D_real"]))
        return {ours: losses[theirs].detach().float().cpu().numpy() for theirs, ours in _LOSSES.items()}

    return run


def _update(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def inference(task: Task, workspace: Workspace) -> Work:
    """The original's `inference` without features: label and instance map to an image."""
    model = _model(task, workspace)
    model.netD = None
    label, instance, _ = _tensors(task)

    def run() -> Outputs:
        # The original switches gradients off only for one particular release of PyTorch.
        with torch.no_grad(), _autocast(task):
            picture = model.inference(label, instance)
        return {"picture": picture.float().permute(0, 2, 3, 1).cpu().numpy()}

    return run


def inference_8_bit(task: Task, workspace: Workspace) -> Work:
    """`inference`, with the image converted to 8 bits per channel, as in files."""
    infer = inference(task, workspace)

    def run() -> Outputs:
        picture = infer()["picture"]
        return {"picture": block_means(np.clip(np.rint((picture + 1) * 127.5), 0, 255).astype(np.uint8))}

    return run


def pooling(task: Task, workspace: Workspace) -> Work:
    """The loop in the original's encoder over instances, batch and channels, on three channels."""
    _make_importable(workspace.original, task.device)
    from models.networks import Encoder

    encoder = Encoder(input_nc=3, output_nc=3)
    encoder.model = torch.nn.Identity()
    _, instance, image = _tensors(task)

    def run() -> Outputs:
        with torch.no_grad():
            return {"features": encoder(image, instance).permute(0, 2, 3, 1).cpu().numpy()}

    return run


def _tensors(task: Task) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns label, instance (N,1,H,W) and image (N,3,H,W), of the dtypes that the original's loader yields."""
    batch = random_batch(task)
    label, instance = (torch.from_numpy(array[:, None]) for array in (batch.label, batch.instance))
    tensors = label.float(), instance, torch.from_numpy(batch.image.transpose(0, 3, 1, 2).copy())
    return tuple(tensor.to("cuda" if task.device == "gpu" else "cpu") for tensor in tensors)


def _autocast(task: Task) -> torch.autocast:
    device = "cuda" if task.device == "gpu" else "cpu"
    return torch.autocast(device, torch.bfloat16, enabled=task.precision == "mixed_bfloat16")


def _model(task: Task, workspace: Workspace, *flags: str) -> torch.nn.Module:
    """Builds the original's model with random weights and writes them to `workspace.weights`."""
    _make_importable(workspace.original, task.device)
    from models.pix2pixHD_model import Pix2PixHDModel

    torch.manual_seed(0)
    model = Pix2PixHDModel()
    model.initialize(_options(task, flags))
    weights = {name.removeprefix("net").replace(".", "/", 1): value.cpu().numpy() for name, value in model.state_dict().items()}
    np.savez(workspace.weights, **weights)
    return model


def _options(task: Task, flags: tuple[str, ...]) -> object:
    """Returns the original's options for the task, from its own command line."""
    from options.train_options import TrainOptions

    options = TrainOptions()
    options.initialize()
    sizes = {
        "--batchSize": task.batch_size,
        "--label_nc": NUM_CLASSES,
        "--netG": "local" if task.num_enhancers else "global",
        "--n_local_enhancers": task.num_enhancers,
        "--ngf": task.filters,
        "--ndf": task.discriminator_filters,
    }
    arguments = [text for name, value in sizes.items() for text in (name, str(value))]
    parsed = options.parser.parse_args([*arguments, "--no_vgg_loss", *flags])
    parsed.isTrain = True
    parsed.gpu_ids = [0] if task.device == "gpu" else []
    return parsed


def _make_importable(original: Path, device: Device) -> None:
    """Makes the checkout importable, with an empty torchvision (its VGG19 is not used) and, on CPUs, with `cuda` redirected."""
    sys.path.insert(0, str(original.resolve()))
    torchvision = types.ModuleType("torchvision")
    torchvision.models = types.ModuleType("torchvision.models")
    sys.modules.setdefault("torchvision", torchvision)
    if device == "cpu":
        torch.cuda.FloatTensor, torch.cuda.ByteTensor = torch.FloatTensor, torch.ByteTensor
        torch.Tensor.cuda = lambda tensor, *_, **__: tensor
