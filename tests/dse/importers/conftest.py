"""ONNX files written node by node."""

import numpy as np
import onnx
import pytest


class Writer:
    """Adds nodes and stored tensors to a graph; names of tensors are what the methods return."""

    def __init__(self, *sizes):
        self.nodes, self.stored = [], []
        self.sizes = sizes

    def store(self, values):
        values = np.asarray(values)
        if values.dtype == np.float64:
            values = values.astype(np.float32)
        name = f"stored_{len(self.stored)}"
        self.stored.append(onnx.numpy_helper.from_array(values, name))
        return name

    def constant(self, values):
        tensor = onnx.numpy_helper.from_array(np.asarray(values))
        return self.put("Constant", value=tensor)

    def put(self, op, *inputs, name=None, **attributes):
        output = f"t{len(self.nodes)}"
        name = f"{op}_{len(self.nodes)}" if name is None else name
        self.nodes.append(onnx.helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def conv(self, source, layer, **attributes):
        """A torch convolution's weights."""
        stored = [self.store(one.detach().numpy()) for one in (layer.weight, layer.bias)]
        return self.put("Conv", source, *stored, **attributes)

    def norm(self, source, layer):
        parts = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
        stored = [self.store(one.detach().numpy()) for one in parts]
        return self.put("BatchNormalization", source, *stored, epsilon=layer.eps)

    def save(self, path, output, opset=18):
        float_type = onnx.TensorProto.FLOAT
        graph = onnx.helper.make_graph(
            self.nodes,
            "graph",
            [onnx.helper.make_tensor_value_info("x", float_type, self.sizes)],
            [onnx.helper.make_tensor_value_info(output, float_type, ("n", "classes"))],
            self.stored,
        )
        opsets = [onnx.helper.make_opsetid("", opset)]
        onnx.save_model(onnx.helper.make_model(graph, opset_imports=opsets), path)
        return path


@pytest.fixture
def writer():
    """A graph for an input "x" of some sizes, texts being free ones."""
    return Writer
