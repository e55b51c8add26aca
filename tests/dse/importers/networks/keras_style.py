"""A first convolutional network in the manner of the Keras guides: convolution, ReLU, norm."""

import torch.nn as nn


def build(input_shape=(28, 28, 1), classes=10):
    model = nn.Sequential()
    model.add_module("conv", nn.Conv2d(input_shape[2], 16, 3))
    model.add_module("relu", nn.ReLU())
    model.add_module("norm", nn.BatchNorm2d(16))
    model.add_module("pool", nn.MaxPool2d(2))
    model.add_module("conv_1", nn.Conv2d(16, 24, 3))
    model.add_module("relu_1", nn.ReLU())
    model.add_module("pool_1", nn.MaxPool2d(2))
    model.add_module("flatten", nn.Flatten())
    model.add_module("dropout", nn.Dropout(0.5))
    model.add_module("dense", nn.LazyLinear(32))
    model.add_module("sigmoid", nn.Sigmoid())
    model.add_module("dense_1", nn.Linear(32, classes))
    model.add_module("softmax", nn.Softmax(1))
    model(nn.Parameter(model.conv.weight.new_zeros(1, input_shape[2], *input_shape[:2])))
    return model
