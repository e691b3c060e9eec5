"""The topology diagrams: one for each region, with its zones, networks, Private Link services and services.

`diagram` builds them of what `nodes` and `model` define; `layout` computes where the edges run. Pure.
"""

from shared.status_page.topology.diagram import diagrams
from shared.status_page.topology.layout import layout
from shared.status_page.topology.model import Column, Diagram

__all__ = ["Column", "Diagram", "diagrams", "layout"]
