"""The configuration: one TOML file to frozen settings, with all problems told at once."""

from connector.config.company import CompanySettings
from connector.config.find import find_config
from connector.config.load import Loaded, SecretsOf, load, load_text
from connector.config.problems import InvalidConfig, Problem, Warned, render_problems, render_problems_json
from connector.config.settings import Intervals, Settings

__all__ = [
    "CompanySettings",
    "Intervals",
    "InvalidConfig",
    "Loaded",
    "Problem",
    "SecretsOf",
    "Settings",
    "Warned",
    "find_config",
    "load",
    "load_text",
    "render_problems",
    "render_problems_json",
]
