"""The status page: one audit report as one HTML document.

`render` passes the report to the templates; `index` looks up names and states, `tables` sorts and groups the rows,
`topology` computes the diagrams. All of them are pure. Imports `domain` only. Start with `render`.
"""

from shared.status_page.render import NO_AUDIT, content_security_policy, notice, render

__all__ = ["NO_AUDIT", "content_security_policy", "notice", "render"]
