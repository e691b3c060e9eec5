"""The topology diagrams: one for each region, with its zones, networks, Private Link services and services.

`diagram` sorts a report into regions; `region` builds the diagram of each from `nodes`; `layout` computes where its
edges run. Pure.
"""

from shared.status_page.topology.diagram import diagrams
from shared.status_page.topology.layout import layout
from shared.status_page.topology.model import Column, Diagram

__all__ = ["Column", "Diagram", "diagrams", "layout"]
