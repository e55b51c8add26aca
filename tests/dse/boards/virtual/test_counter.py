from concurrent.futures import ThreadPoolExecutor

import pytest

from dse.boards.virtual.counter import counter_plugin
from hw_models.errors import ToolError


@pytest.mark.compiler
def test_compiled_once_and_whole_by_several_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with ThreadPoolExecutor(3) as pool:
        paths = {future.result() for future in [pool.submit(counter_plugin) for _ in range(3)]}
    assert len(paths) == 1
    (library,) = paths
    assert list((tmp_path / "dse").iterdir()) == [library]
    compiled = library.stat().st_mtime_ns
    assert counter_plugin().stat().st_mtime_ns == compiled


def test_a_missing_host_compiler_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="gcc is not installed") as error:
        counter_plugin()
    assert "apt-get install gcc" in str(error.value)
