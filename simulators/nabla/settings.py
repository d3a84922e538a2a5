"""What can be set on Nabla, and the values its documentation lists."""

from typing import Final, Literal

from simulators.provider.settings import CommonSettings

VERSION_HEADER: Final = "X-Nabla-Api-Version"
VERSION_QUERY: Final = "nabla-api-version"
VERSIONS: Final = (
    "2023-05-12",
    "2024-04-22",
    "2024-10-01",
    "2025-04-03",
    "2025-05-07",
    "2025-05-21",
    "2026-02-20",
    "2026-06-12",
    "2026-07-01",
)
LAST_OLD_VERSION: Final = "2024-04-22"
"""Up to this version enums are lower case and times are `start_time_ms`, `end_time_ms`."""
NESTED_NOTE_SINCE: Final = "2026-02-20"
NOTE_TEMPLATE_KEY_SINCE: Final = "2026-06-12"

NOTE_LOCALES: Final = frozenset({"ENGLISH_US", "ENGLISH_UK", "FRENCH_FR"})
SPEECH_LOCALES: Final = frozenset(
    [
        "ENGLISH_US",
        "ENGLISH_UK",
        "SPANISH_ES",
        "SPANISH_MX",
        "FRENCH_FR",
        "ARABIC_EG",
        "ARABIC_LB",
        "ARABIC_MA",
        "ARABIC_SA",
        "ARMENIAN_AM",
        "BENGALI_IN",
        "CANTONESE_CN",
        "CROATIAN_HR",
        "FILIPINO_PH",
        "GERMAN_DE",
        "GREEK_GR",
        "GUJARATI_IN",
        "HEBREW_IL",
        "HINDI_IN",
        "ITALIAN_IT",
        "JAPANESE_JP",
        "KHMER_KH",
        "KOREAN_KR",
        "MANDARIN_CN",
        "PERSIAN_IR",
        "POLISH_PL",
        "PORTUGUESE_PT",
        "PUNJABI_IN",
        "RUSSIAN_RU",
        "SERBIAN_RS",
        "TAMIL_IN",
        "TELUGU_IN",
        "THAI_TH",
        "URDU_IN",
        "VIETNAMESE_VN",
    ]
)
LANGUAGES: Final = {"ARMENIAN": "hy", "FRENCH": "fr", "RUSSIAN": "ru"}
"""First word of a speech locale to a language of the default transcripts; English for the rest."""


class NablaSettings(CommonSettings):
    """What can be set on Nabla.

    `public_key` is the client's, PEM; empty: the simulator makes a pair and offers `private_key`. `repeated_request`:
    what a reused `client_request_id` gives. `create_waits`: the create is answered when the download is over.
    `download`: a plain GET, a HEAD first, or pieces by `Range`. `download_spacing` are the seconds before each
    repetition of a failed download. `retention` is how many seconds a result can be read. `failure_code_name` names
    the number in a failed payload. `signature_prefix` stands before each hex digest (`sha256=`).
    """

    client_id: str = "5f0c1c58-6a4b-4a3e-9a43-0d8a4c1f7b11"
    public_key: str = ""
    server_api_key: str = "nabla-server-key"
    token_life: float = 3600.0
    assertion_life_limit: float = 300.0
    require_jti: bool = True
    permissions: frozenset[str] = frozenset({"create", "read", "note"})
    require_version: bool = True
    pinned_version: str = "2024-10-01"
    retired_versions: frozenset[str] = frozenset()
    speech_locales: frozenset[str] = SPEECH_LOCALES
    repeated_request: Literal["same", "conflict", "unprocessable"] = "same"
    create_waits: bool = False
    download: Literal["get", "head", "ranges"] = "get"
    download_spacing: tuple[float, ...] = (0.5, 1.0, 2.0)
    audio_limit: float = 3600.0
    retention: float | None = None
    failure_code_name: Literal["http_status", "status", "code"] = "http_status"
    note_min_words: int = 8
    webhook_url: str = ""
    webhook_secret: str = "nabla-webhook-secret"  # noqa: S105 - made up, guards nothing
    retiring_webhook_secret: str = "nabla-retiring-secret"  # noqa: S105 - made up, guards nothing
    signature_prefix: str = ""
    timestamp_form: Literal["iso", "seconds"] = "iso"
    webhook_envelope: bool = False
