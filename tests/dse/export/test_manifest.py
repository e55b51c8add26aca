import json

import pytest

from dse.export.manifest import (
    MANIFEST_FILE,
    MANIFEST_SCHEMA,
    DeviceRecord,
    LayerRecord,
    Manifest,
    TensorRecord,
    VectorRecord,
    file_sums,
    load_project,
    write_manifest,
)
from hw_models.errors import RunError

TENSOR = TensorRecord(
    name="x", shape=(1, 1, 4), format="s8", offset=0, size_bytes=4, scale=0.5, zero_point=-3
)
LAYER = LayerRecord(
    name="y",
    op="softmax",
    weight_format=None,
    activation="none",
    shape=(1, 1, 4),
    format="s8",
    offset=4,
    size_bytes=4,
    cycles=12.0,
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kernels").mkdir()
    (tmp_path / "network.c").write_text("a")
    (tmp_path / "kernels/dse_add.c").write_text("b")
    manifest = Manifest(
        tool="dse 1",
        arithmetic=1,
        name="any name",
        prefix="any_name",
        device=DeviceRecord(
            name="part",
            core="cortex-m4",
            core_class="dsp",
            clock_hz=1,
            ram_bytes=1,
            flash_bytes=1,
        ),
        configuration={"schema": 1, "choices": []},
        predicted=None,
        arena_bytes=8,
        input=TENSOR,
        output=TENSOR,
        layers=(LAYER,),
        class_names=("a", "b"),
        vectors=VectorRecord(
            count=1, from_validation=1, inputs="vectors/inputs.bin", expected="vectors/expected.bin"
        ),
        program="program.npz",
        files=file_sums(tmp_path, ("network.c", "kernels/dse_add.c")),
    )
    write_manifest(manifest, tmp_path)
    return tmp_path


def edit(folder, **changes):
    path = folder / MANIFEST_FILE
    values = json.loads(path.read_text())
    values.update(changes)
    path.write_text(json.dumps(values))


def test_it_reads_back(folder):
    project = load_project(folder)
    assert project.manifest.layers == (LAYER,)
    assert project.manifest.sources == ("kernels/dse_add.c", "network.c")
    assert json.loads((folder / MANIFEST_FILE).read_text())["schema"] == MANIFEST_SCHEMA


def test_schema_1_is_read(folder):
    path = folder / MANIFEST_FILE
    values = json.loads(path.read_text())
    for name in ("arena_lower_bound_bytes", "arena_is_least"):
        del values[name]
    path.write_text(json.dumps(values | {"schema": 1}))
    assert load_project(folder).manifest.arena_is_least is None


def test_no_project(tmp_path):
    with pytest.raises(RunError, match="no exported project") as caught:
        load_project(tmp_path / "nowhere")
    assert "dse export" in str(caught.value)


@pytest.mark.parametrize("key", ["schema", "arithmetic"])
@pytest.mark.parametrize("value", [MANIFEST_SCHEMA + 1, None, "1"])
def test_other_versions(folder, key, value):
    edit(folder, **{key: value})
    with pytest.raises(RunError, match=f"another {key} version"):
        load_project(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\udcff"])
def test_damaged_text(folder, text):
    (folder / MANIFEST_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError):
        load_project(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("prefix", 'x; system("rm")'),
        ("prefix", "x\n"),
        ("files", {"../../etc/passwd": "0"}),
        ("files", {"/etc/passwd": "0"}),
        ("files", {"..": "0"}),
        ("program", "../program.npz"),
        ("layers", [{"name": "y"}]),
        ("surprise", 1),
        ("arena_bytes", "much"),
    ],
)
def test_damaged_values_are_named(folder, key, value):
    edit(folder, **{key: value})
    with pytest.raises(RunError, match="damaged") as caught:
        load_project(folder)
    assert key in str(caught.value)


def test_a_changed_file_is_named(folder):
    (folder / "kernels/dse_add.c").write_text("c")
    with pytest.raises(RunError, match="not those that were exported") as caught:
        load_project(folder)
    assert "kernels/dse_add.c" in str(caught.value)
    assert "network.c" not in str(caught.value)
    assert load_project(folder, accept_changes=True).folder == folder


def test_a_missing_file_is_named(folder):
    (folder / "network.c").unlink()
    with pytest.raises(RunError, match=r"network\.c"):
        load_project(folder)
