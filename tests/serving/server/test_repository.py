from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from tfhd.serving.server.repository import Repository
from tfhd_client import Code, ServingError


class Folder:
    """What a version's folder holds, as a model."""

    def __init__(self, path: Path) -> None:
        if (path / "odd").exists():
            raise KeyError("what nobody thought of")
        if (path / "broken").exists():
            raise ServingError(Code.UNKNOWN, f"{path}: is broken")
        self.path, self.closed = path, False

    def close(self) -> None:
        self.closed = True


class Broken(Folder):
    """The same, broken unless a file says that it is whole."""

    def __init__(self, path: Path) -> None:
        if not (path / "whole").exists():
            raise ServingError(Code.UNKNOWN, f"{path}: is broken")
        super().__init__(path)


def config_of(base: Path, **policy: dict) -> ModelServerConfig:
    config = ModelServerConfig()
    config.model_config_list.config.add(name="streets", base_path=str(base), model_platform="tensorflow", **policy)
    return config


def add_version(base: Path, number: int, file: str = "whole") -> None:
    (base / str(number)).mkdir()
    (base / str(number) / file).touch()


def newest(repository: Repository[Folder], **spec: object) -> int:
    with repository.borrow(ModelSpec(name="streets", **spec)) as (number, _):
        return number


def states(repository: Repository[Folder]) -> dict[int, str]:
    found = repository.status(ModelSpec(name="streets"))
    return {item.version: item.State.Name(item.state) for item in found}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    add_version(tmp_path, 1)
    return tmp_path


@pytest.fixture
def repository(base: Path) -> Repository[Folder]:
    """Serves the models of `base`, with version 1 loaded."""
    repository = Repository(Folder)
    repository.configure(config_of(base))
    return repository


def test_a_new_version_is_taken_up_and_the_old_one_freed(base: Path, repository: Repository[Folder]) -> None:
    with repository.borrow(ModelSpec(name="streets")) as (_, first):
        pass
    add_version(base, 2)
    assert newest(repository) == 1
    repository.update()
    assert newest(repository) == 2
    assert first.closed
    assert states(repository) == {2: "AVAILABLE", 1: "END"}


def test_a_version_in_use_is_freed_after_its_last_request(base: Path, repository: Repository[Folder]) -> None:
    add_version(base, 2)
    with repository.borrow(ModelSpec(name="streets")) as (number, first):
        updating = threading.Thread(target=repository.update)
        updating.start()
        while newest(repository) == 1:
            pass
        assert (number, first.closed) == (1, False)
        assert states(repository)[1] in ("AVAILABLE", "UNLOADING")
    updating.join()
    assert first.closed


def test_a_broken_version_is_named_and_the_old_one_stays_until_it_is_mended(base: Path, repository: Repository[Folder]) -> None:
    add_version(base, 2, "broken")
    repository.update()
    assert newest(repository) == 1
    assert states(repository) == {2: "END", 1: "AVAILABLE"}
    status = repository.status(ModelSpec(name="streets", version={"value": 2}))[0].status
    assert status.error_code == Code.UNKNOWN
    assert status.error_message.endswith("2: is broken")
    (base / "2" / "broken").rename(base / "2" / "whole")
    repository.update()
    assert newest(repository) == 2


def test_whatever_a_version_raises_the_old_one_stays(base: Path, repository: Repository[Folder]) -> None:
    add_version(base, 2, "odd")
    repository.update()
    assert newest(repository) == 1
    (status,) = repository.status(ModelSpec(name="streets", version={"value": 2}))
    assert "what nobody thought of" in status.status.error_message


def test_a_folder_that_is_away_for_a_moment_changes_nothing(base: Path, repository: Repository[Folder]) -> None:
    away = base.rename(base.with_name("away"))
    repository.update()
    assert newest(repository) == 1
    away.rename(base)
    add_version(base, 2)
    repository.update()
    assert newest(repository) == 2


@pytest.mark.parametrize("name", ["99999999999999999999", "1.5", "-1", "+", "0x7", "\uff12"])
def test_folders_that_are_no_numbers_of_versions_are_left_aside(base: Path, name: str) -> None:
    (base / name).mkdir()
    repository = Repository(Folder)
    repository.configure(config_of(base, model_version_policy={"all": {}}))
    assert states(repository) == {1: "AVAILABLE"}


def test_a_version_may_have_leading_zeros_and_of_two_for_one_number_the_plain_one_is_taken(base: Path) -> None:
    for name in ("0007", "010", "10", "+12"):
        (base / name).mkdir()
    repository = Repository(Folder)
    repository.configure(config_of(base, model_version_policy={"all": {}}))
    folders = {}
    for number in states(repository):
        with repository.borrow(ModelSpec(name="streets", version={"value": number})) as (_, folder):
            folders[number] = folder.path.name
    assert folders == {12: "+12", 10: "10", 7: "0007", 1: "1"}


def test_a_new_model_without_a_version_is_refused_where_nobody_waits(base: Path, repository: Repository[Folder]) -> None:
    with pytest.raises(ServingError, match="no such folder") as error:
        repository.configure(config_of(base / "mistyped"))
    assert error.value.code is Code.NOT_FOUND
    assert newest(repository) == 1
    two = config_of(base)
    two.model_config_list.config.add(name="other", base_path=str(base / "mistyped"), model_platform="tensorflow")
    with pytest.raises(ServingError, match="no such folder"):
        repository.configure(two)
    assert newest(repository) == 1
    assert not repository.is_served("other")


def test_a_folder_that_is_not_there_yet_is_waited_for_until_its_version_is_whole(tmp_path: Path) -> None:
    base, version = tmp_path / "later", tmp_path / "later" / "1"
    steps = iter([base.mkdir, version.mkdir, (version / "broken").touch, lambda: (version / "broken").rename(version / "whole")])

    def pause() -> bool:
        next(steps)()
        return True

    repository = Repository(Broken)
    repository.configure(config_of(base), pause)
    assert newest(repository) == 1
    assert next(steps, None) is None


def test_a_version_that_stays_broken_is_not_waited_for(base: Path) -> None:
    (base / "1" / "whole").rename(base / "1" / "broken")
    with pytest.raises(ServingError, match="1: is broken"):
        Repository(Folder).configure(config_of(base), lambda: True)


def test_waiting_ends_when_the_server_does(tmp_path: Path) -> None:
    Repository(Folder).configure(config_of(tmp_path / "never"), lambda: False)


def test_a_version_in_place_of_its_base_folder_is_told(base: Path) -> None:
    (base / "1" / "saved_model.pb").touch()
    with pytest.raises(ServingError, match="is a version itself; name the folder that it is in"):
        Repository(Folder).configure(config_of(base / "1"), lambda: True)


def test_policies_and_labels_choose_versions(base: Path) -> None:
    repository = Repository(Folder)
    add_version(base, 2)
    add_version(base, 10)
    repository.configure(config_of(base, model_version_policy={"latest": {"num_versions": 2}}))
    assert set(states(repository)) == {2, 10}
    two = {"model_version_policy": {"specific": {"versions": [1, 10]}}}
    repository.configure(config_of(base, **two))
    repository.configure(config_of(base, **two, version_labels={"old": 1}))
    assert newest(repository, version_label="old") == 1
    assert newest(repository, version={"value": 10}) == 10
    with pytest.raises(ServingError) as error:
        newest(repository, version={"value": 2})
    assert error.value.code is Code.NOT_FOUND
    with pytest.raises(ServingError) as error:
        newest(repository, version_label="new")
    assert error.value.code is Code.INVALID_ARGUMENT
    repository.configure(config_of(base, model_version_policy={"all": {}}))
    assert [number for number, state in states(repository).items() if state == "AVAILABLE"] == [10, 2, 1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base_path": "relative"}, Code.INVALID_ARGUMENT),
        ({"name": ""}, Code.INVALID_ARGUMENT),
        ({"model_platform": "other"}, Code.INVALID_ARGUMENT),
        ({"model_platform": ""}, Code.INVALID_ARGUMENT),
        ({"base_path": "/nowhere"}, Code.NOT_FOUND),
        ({"version_labels": {"stable": 7}}, Code.FAILED_PRECONDITION),
    ],
)
def test_configurations_that_cannot_be_served_are_refused(base: Path, change: dict, code: Code) -> None:
    config = ModelServerConfig()
    config.model_config_list.config.add(**{"name": "streets", "base_path": str(base), "model_platform": "tensorflow", **change})
    with pytest.raises(ServingError) as error:
        Repository(Folder).configure(config)
    assert error.value.code is code


def test_a_wrong_configuration_changes_nothing_and_an_empty_list_frees_all(base: Path, repository: Repository[Folder]) -> None:
    twice = config_of(base)
    twice.model_config_list.config.add().CopyFrom(twice.model_config_list.config[0])
    for wrong, message in ((twice, "a name of its own"), (ModelServerConfig(), "no model_config_list")):
        with pytest.raises(ServingError, match=message) as error:
            repository.configure(wrong)
        assert error.value.code is Code.INVALID_ARGUMENT
        assert newest(repository) == 1
    repository.configure(ModelServerConfig(model_config_list={}))
    with pytest.raises(ServingError, match="is not served") as error:
        newest(repository)
    assert error.value.code is Code.NOT_FOUND


def test_a_label_is_for_a_version_that_is_loaded_before(base: Path, repository: Repository[Folder]) -> None:
    add_version(base, 2)
    both = {"model_version_policy": {"all": {}}, "version_labels": {"stable": 1, "canary": 2}}
    with pytest.raises(ServingError, match="label 'canary' names version 2, which is not loaded; load it first") as error:
        repository.configure(config_of(base, **both))
    assert error.value.code is Code.FAILED_PRECONDITION
    assert newest(repository) == 1
    repository.update()  # version 2 replaces version 1
    repository.configure(config_of(base, model_version_policy={"all": {}}))
    repository.configure(config_of(base, **both))
    assert [newest(repository, version_label=label) for label in ("stable", "canary")] == [1, 2]


def test_new_labels_may_be_for_other_versions_by_the_flag_but_do_not_move_there(base: Path) -> None:
    repository = Repository(Folder, labels_for_unavailable=True)
    repository.configure(config_of(base, version_labels={"stable": 1, "next": 2}))
    assert newest(repository, version_label="stable") == 1
    with pytest.raises(ServingError, match="no version 2 is served") as error:
        newest(repository, version_label="next")
    assert error.value.code is Code.NOT_FOUND
    with pytest.raises(ServingError, match="label 'stable' names version 3"):
        repository.configure(config_of(base, version_labels={"stable": 3}))


def test_the_status_leaves_labels_aside_and_knows_no_model_without_a_name(repository: Repository[Folder]) -> None:
    (status,) = repository.status(ModelSpec(name="streets", version_label="nothing"))
    assert status.version == 1
    for spec in (ModelSpec(), ModelSpec(name="other"), ModelSpec(name="streets", version={"value": 0})):
        with pytest.raises(ServingError) as error:
            repository.status(spec)
        assert error.value.code is Code.NOT_FOUND


def test_messages_repeat_long_names_in_part(repository: Repository[Folder]) -> None:
    name = "\N{CUT OF MEAT}\n" * 10_000
    for spec in (ModelSpec(name=name), ModelSpec(name="streets", version_label=name)):
        with pytest.raises(ServingError) as error:
            repository.borrow(spec).__enter__()
        assert len(str(error.value)) < 400
        assert "\n" not in str(error.value)
