"""The registry holds every rule, every rule is complete, and its two forms agree."""

import importlib
import inspect
import pkgutil
import random
from types import ModuleType

import msgspec
import pytest
from ortools.sat.python import cp_model

from groupage.domain.codes import Code, LeftOutCode, MoveCode, UnloadableCode
from groupage.domain.instance import Demand, Instance
from groupage.domain.policy import Policy
from optimizer.allocation import rules
from optimizer.allocation.bins import Bin
from optimizer.allocation.build import build_problem
from optimizer.allocation.problem import NoGoods
from optimizer.allocation.rules.bulk import Bulk
from optimizer.allocation.rules.carton_size import CartonSize
from optimizer.allocation.rules.customs import Customs
from optimizer.allocation.rules.cutoff import AwaitedCargo, Cutoff
from optimizer.allocation.rules.dangerous_goods import DangerousGoodsAllowed, Segregation
from optimizer.allocation.rules.declaration_cap import DeclarationCap
from optimizer.allocation.rules.departures import AnyDeparture, OpenDeparture
from optimizer.allocation.rules.floor_area import FloorArea
from optimizer.allocation.rules.forbid import Forbid
from optimizer.allocation.rules.hold import Hold
from optimizer.allocation.rules.manifest import Manifest
from optimizer.allocation.rules.mode_mix import ModeMix
from optimizer.allocation.rules.offers import Offers
from optimizer.allocation.rules.payload import Payload
from optimizer.allocation.rules.pin import Pin, PinFirst, PinTarget
from optimizer.allocation.rules.registry import CONTENTS_RULES, RULES, SEARCH_CODES
from optimizer.allocation.rules.rule import ContentsRule, Rule
from optimizer.allocation.rules.volume import Volume
from optimizer.verification.codes import ViolationCode
from tests.optimizer.allocation.lanes import LaneModel, is_feasible, lane
from tests.optimizer.world import demand, group

RULE_MODULES = [
    importlib.import_module(f"{rules.__name__}.{module.name}")
    for module in pkgutil.iter_modules(rules.__path__)
    if module.name not in {"rule", "registry"}
]


@pytest.mark.parametrize("module", RULE_MODULES, ids=lambda m: m.__name__.rpartition(".")[2])
def test_every_rule_in_the_folder_is_registered(module: ModuleType) -> None:
    """A module without a line in the registry has no effect, so it fails here."""
    defined = {
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, Rule) and value.__module__ == module.__name__
    }
    assert defined
    assert defined <= {type(rule) for rule in RULES}


def test_a_code_belongs_to_a_rule_or_to_the_search() -> None:
    """No rule claims the codes that come from cost and loading."""
    claimed = frozenset[LeftOutCode]().union(*(rule.codes for rule in RULES))
    assert claimed | SEARCH_CODES == set(LeftOutCode)
    assert not claimed & SEARCH_CODES
    assert all(rule.full_code in rule.codes for rule in CONTENTS_RULES)


VERIFIED_AS: dict[type[Rule], set[ViolationCode]] = {
    AwaitedCargo: {ViolationCode.NOT_AVAILABLE_BEFORE_CUTOFF},
    Customs: {ViolationCode.CUSTOMS_REJECTED},
    DangerousGoodsAllowed: {ViolationCode.DANGEROUS_GOODS},
    Forbid: {ViolationCode.FORBIDDEN_VOYAGE},
    Pin: {ViolationCode.PIN_IGNORED},
    Manifest: {ViolationCode.FROZEN_CHANGED},
    Hold: {ViolationCode.BLOCKED_PLACED},
    Cutoff: {ViolationCode.AFTER_CUTOFF, ViolationCode.NOT_AVAILABLE_BEFORE_CUTOFF},
    OpenDeparture: {ViolationCode.UNKNOWN_VOYAGE},
    CartonSize: {ViolationCode.LARGER_THAN_DOOR, ViolationCode.OUTSIDE_WALLS},
    FloorArea: {ViolationCode.CRUSHED, ViolationCode.OUTSIDE_WALLS, ViolationCode.OVERLAP},
    Volume: {ViolationCode.OVERFILLED},
    Bulk: set(),  # an estimate of what loads: the load plan itself is verified
    Payload: {ViolationCode.PAYLOAD},
    Offers: {ViolationCode.NOT_ON_OFFER, ViolationCode.TOO_MANY_CONTAINERS},
    DeclarationCap: {ViolationCode.DECLARATION_CAP, ViolationCode.CAP_NOT_JUDGED},
    ModeMix: {ViolationCode.MODE_MIX},
    Segregation: {ViolationCode.SEGREGATION},
    AnyDeparture: {ViolationCode.UNKNOWN_VOYAGE},
    PinTarget: {ViolationCode.PIN_IGNORED},
    PinFirst: {ViolationCode.PIN_LEFT_OUT},
}
"""The verifier's codes for a plan that breaks the rule. It shares no code with the rules."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_verifier_has_a_code_for_every_rule(rule: Rule) -> None:
    """A rule without a check in the verifier would be believed: name its violation codes here.

    Every violation code has a check and a mutation that provokes it (tests/optimizer/verification).
    """
    assert type(rule) in VERIFIED_AS
    assert VERIFIED_AS[type(rule)] or type(rule) is Bulk


def test_a_rule_that_lacks_a_part_cannot_be_made() -> None:
    """The import of the registry fails, and mypy says which part is missing."""

    class Incomplete(ContentsRule):
        codes = frozenset({LeftOutCode.MODE_MIX})

    with pytest.raises(TypeError, match="add_rows"):
        Incomplete()  # type: ignore[abstract]


@pytest.mark.parametrize("kind", [LeftOutCode, MoveCode, UnloadableCode])
def test_every_code_says_in_one_line_what_it_means(kind: type[Code]) -> None:
    """Documentation is printed from these lines."""
    for code in kind:
        assert code.meaning.endswith(".")
        assert len(code.meaning) < 100
        assert "\n" not in code.meaning


# --- the rows for CP-SAT and the incremental check of a rule allow the same contents ------------


def mixed_lane(seed: int) -> Instance:
    """Seven consignments near every limit of a small container."""
    rng = random.Random(seed)
    policy_rules = msgspec.structs.replace(Policy().rules, allow_dangerous=True)
    return lane(*(_any_demand(rng, f"D{n}") for n in range(7)), rules=policy_rules)


def _any_demand(rng: random.Random, name: str) -> Demand:
    weak = rng.random() < 0.3
    # More than fifty weak ones would not go into an empty container.
    quantity = rng.randint(10, 100)
    cartons = group(
        name,
        min(quantity, 50) if weak else quantity,
        gross_g=rng.randint(5_000, 280_000),
        max_top_load_g=0 if weak else None,
    )
    return demand(
        name,
        cartons,
        mode=rng.choice(("1039", "1039", "0110", "9610", "1210")),
        consignee=rng.choice("AB"),
        value_usd_cents=rng.randint(4, 14) * 1_000_000,
        dg_classes=rng.choice(((), (), ("3",), ("5.1",), ("6.1",))),
    )


@pytest.mark.parametrize("rule", CONTENTS_RULES, ids=lambda rule: type(rule).__name__)
def test_rows_and_check_of_a_rule_agree(rule: ContentsRule) -> None:
    """For sixty random contents of a container: the model accepts what the check admits."""
    outcomes = []
    for seed in range(20):
        model = LaneModel(mixed_lane(seed))
        ids = sorted(model.problem.free)
        for size in (2, 3, 4):
            contents = random.Random(seed).sample(ids, min(size, len(ids)))
            admitted = check_admits(rule, model, contents)
            assert rows_admit(rule, model, contents) is admitted
            outcomes.append(admitted)
    assert {True, False} == set(outcomes)


def check_admits(rule: ContentsRule, model: LaneModel, contents: list[str]) -> bool:
    """Whether the incremental check admits the consignments, one after the other."""
    check = rule.start(model.slots[-1], model.problem)
    for consignment_id in contents:
        one_more = model.problem.demands[consignment_id]
        if not check.admits(one_more):
            return False
        check.add(one_more)
    return True


def rows_admit(rule: ContentsRule, model: LaneModel, contents: list[str]) -> bool:
    """Whether the rule's rows alone allow the consignments in the new container."""
    cp = cp_model.CpModel()
    variables = model.variables(cp)
    rule.add_rows(cp, variables, model.problem)
    for consignment_id in contents:
        cp.add(variables.assigned[consignment_id, "new1"] == 1)
    return is_feasible(cp)


def test_the_first_rule_that_keeps_a_consignment_out_is_named() -> None:
    """In the order of the registry: a full container is full, whatever else is wrong."""
    large = demand("A", group("A", 250), mode="1039", consignee="A", value_usd_cents=9_000_000)
    more = demand("B", group("B", 250), mode="1039", consignee="A", value_usd_cents=9_000_000)
    small = demand("C", mode="1039", consignee="A", value_usd_cents=9_000_000)
    problem = build_problem(lane(large, more, small), NoGoods())
    bin_ = Bin(problem.pools[0], problem)
    bin_.add(large)
    named = [rule.full_code for d in (more, small) if (rule := bin_.binding_rule(d))]
    assert named == [LeftOutCode.NO_CAPACITY, LeftOutCode.DECLARATION_CAP]
