"""The LeNet of 1998: tanh and average pooling, one Sequential after another."""

from torch import nn


def lenet_tanh(classes):
    features = nn.Sequential(
        nn.Conv2d(1, 6, 5, stride=1),
        nn.Tanh(),
        nn.AvgPool2d(kernel_size=2),
        nn.Conv2d(6, 16, 5, stride=1),
        nn.Tanh(),
        nn.AvgPool2d(kernel_size=2),
    )
    classifier = nn.Sequential(nn.Linear(256, 84), nn.Tanh(), nn.Linear(84, classes))
    return nn.Sequential(features, nn.Flatten(), classifier, nn.Softmax(dim=-1))
