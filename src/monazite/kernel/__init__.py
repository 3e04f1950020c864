"""Convex programs of named blocks: numbers only, nothing about minerals.

Importing this costs numpy and nothing else; scipy and the solvers are loaded when first used.
"""

from monazite.kernel.backend import AbstractBackend, Status
from monazite.kernel.certify import Certificate, certify
from monazite.kernel.demand import symmetric_demand
from monazite.kernel.explain import Give, explain_infeasible
from monazite.kernel.fixpoint import Fixpoint, solve_fixpoint
from monazite.kernel.highs import Highs
from monazite.kernel.patch import Patch
from monazite.kernel.piqp import Piqp, approach
from monazite.kernel.polish import Point
from monazite.kernel.prices import regularise
from monazite.kernel.program import Block, Program, Standard
from monazite.kernel.solve import Solution, solve
from monazite.kernel.write import write_lp, write_mps

__all__ = [
    "AbstractBackend",
    "Block",
    "Certificate",
    "Fixpoint",
    "Give",
    "Highs",
    "Patch",
    "Piqp",
    "Point",
    "Program",
    "Solution",
    "Standard",
    "Status",
    "approach",
    "certify",
    "explain_infeasible",
    "regularise",
    "solve",
    "solve_fixpoint",
    "symmetric_demand",
    "write_lp",
    "write_mps",
]
