"""The table of providers: the only list of services. To add one, write its package and add a line here."""

from collections.abc import Mapping

from bot.providers import invox, local, nabla, openai, xosum
from bot.providers.kind import ProviderKind

TABLE: Mapping[str, ProviderKind] = {
    kind.name: kind for kind in (local.KIND, openai.KIND, xosum.KIND, invox.KIND, nabla.KIND)
}
"""Each kind of provider by its name, in the order in which people see them."""
