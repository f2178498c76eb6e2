"""Reading this suite's YAML files."""

from __future__ import annotations

from typing import Any, Protocol

from ....errors import ConfigError


class TextFile(Protocol):
    """A path, or a file inside an installed package."""

    def read_text(self, encoding: str | None = None) -> str: ...


def read_yaml(file: TextFile) -> dict[str, Any]:
    """A YAML file that holds a mapping.

    Raises:
        ConfigError: there is no such file, it is not YAML, or it holds something else.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError  # type: ignore[import-untyped]

    try:
        content = OmegaConf.to_container(OmegaConf.create(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error}") from error
    except (YAMLError, OmegaConfBaseException) as error:
        raise ConfigError(f"{file} is not the YAML it should be: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold a mapping, got {type(content).__name__}")
    return {str(key): value for key, value in content.items()}
