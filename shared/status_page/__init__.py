"""The page that an operator looks at: an audit's report as one HTML document.

What is on it is computed by pure functions over frozen data: `banner` of the audit (the state), `topology` and
`drawing` (the picture; `stacked` on narrow screens), `tables`, `chart`; `templates/` only writes it down.
"""

from shared.status_page.render import NO_AUDIT, notice, policy, render

__all__ = ["NO_AUDIT", "notice", "policy", "render"]
