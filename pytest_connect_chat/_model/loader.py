"""The loaders of our own sessions: folders are listed once in a run, files are parsed once."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader, create_loader

from pytest_connect_chat._model.copies import copy_of_file
from pytest_connect_chat._service.request import SERVICES


class _ParsedOnce(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    def load_file(self, file_path: str) -> Any:
        return copy_of_file(file_path, super().load_file)


class OwnLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """A loader that parses each file once in a run, lists each folder once, and gives out copies."""

    FILE_LOADER_CLASS = _ParsedOnce

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the services that have files of this type."""
        return list(_folders().list_available_services(type_name))

    def list_api_versions(self, service_name: str, type_name: str) -> list[str]:
        """Return the versions of a service, oldest first."""
        return list(_folders().list_api_versions(service_name, type_name))


@cache
def _folders() -> Loader:
    loader = create_loader()
    for service in SERVICES:
        loader.determine_latest_version(service, "service-2")  # raises if a test has replaced the file system
    return loader
