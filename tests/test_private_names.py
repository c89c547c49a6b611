"""The private names of pytest and its plugins that the package uses: a release that changes one shows here which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OF_PYTEST: dict[str, Callable[[pytest.FixtureRequest], Any]] = {
    "Config.known_args_namespace": lambda request: (
        vars(request.config.known_args_namespace)["connect_chat_seed"] is None
    ),
    "Config._get_unknown_ini_keys": lambda request: list(request.config._get_unknown_ini_keys()) == [],
    "Item.fixturenames": lambda request: "request" in request.node.fixturenames,
    "Item._fixtureinfo.name2fixturedefs": lambda request: (
        request.node._fixtureinfo.name2fixturedefs["tmp_path_factory"][-1].scope == "session"
    ),
    "Node._traceback_filter": lambda request: callable(request.node._traceback_filter),
}


@pytest.mark.parametrize("name", OF_PYTEST)
def test_pytest_has(name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert OF_PYTEST[name](request)


def test_what_an_item_shows_goes_through_its_traceback_filter(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    own = request.node._traceback_filter
    monkeypatch.setattr(request.node, "_traceback_filter", lambda info: (asked.append(info.value), own(info))[1])
    error = RuntimeError("shown")
    with pytest.raises(RuntimeError) as caught:
        raise error

    request.node.repr_failure(caught)

    assert asked == [error]


def test_pytest_html_has_an_option_and_takes_extras(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_html")
    pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item):
            report = yield
            assert item.config.getoption("htmlpath").endswith("report.html")
            nothing = dict.fromkeys(("name", "mime_type", "extension"))
            report.extras = [{"format_type": "html", "content": "<b>an extra</b>", **nothing}]
            return report
        """
    )
    pytester.makepyfile("def test_it(): pass")

    pytester.runpytest_inprocess("--html=report.html", "-pno:randomly", "-pno:asyncio").assert_outcomes(passed=1)

    assert "an extra" in (pytester.path / "report.html").read_text("utf-8")
