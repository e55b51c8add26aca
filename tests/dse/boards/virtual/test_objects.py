from dse.boards.virtual.objects import compiled_once, source_key


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_the_key_follows_every_file_that_is_included(tmp_path):
    source = write(tmp_path / "a", "k.c", '#include "one.h"\nint x;\n')
    write(tmp_path / "a", "one.h", '#include "two.h"\n')
    inner = write(tmp_path / "inc", "two.h", "int y;\n")
    include = (tmp_path / "inc",)
    first = source_key(source, include, ["gcc", "-O2"])
    assert first == source_key(source, include, ["gcc", "-O2"])
    assert first != source_key(source, include, ["gcc", "-O3"])
    inner.write_text("int z;\n")
    assert source_key(source, include, ["gcc", "-O2"]) != first


def test_equal_files_in_two_folders_have_one_key(tmp_path):
    one, two = (write(tmp_path / name, "k.c", "int x;\n") for name in "ab")
    assert source_key(one, (), ["gcc"]) == source_key(two, (), ["gcc"])


def test_what_cannot_be_followed_has_no_key(tmp_path):
    missing = write(tmp_path, "k.c", '#include "none.h"\n')
    assert source_key(missing, (), ["gcc"]) is None
    binary = write(tmp_path, "b.c", '__asm__(".incbin \\"inputs.bin\\"");\n')
    assert source_key(binary, (), ["gcc"]) is None
    assert source_key(tmp_path / "absent.c", (), ["gcc"]) is None


def test_an_object_is_compiled_once(tmp_path):
    calls = []
    target = tmp_path / "k.o"

    def compile_it():
        calls.append(1)
        target.write_bytes(b"object")

    for _ in range(2):
        target.unlink(missing_ok=True)
        compiled_once("some key", target, compile_it)
        assert target.read_bytes() == b"object"
    assert len(calls) == 1
    compiled_once(None, target, compile_it)
    assert len(calls) == 2
