"""Remarks and questions about a weight that is merged over several lines."""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.limits import Size
from producers.packing_lists.figures.lines import value_text
from producers.packing_lists.figures.mass_comparison import kg
from producers.packing_lists.figures.mass_evidence import MassReading
from producers.packing_lists.figures.masses import MassSolver
from producers.packing_lists.figures.merged import WAYS
from producers.packing_lists.figures.notes import Answers, Notes


def settle_merged(
    solver: MassSolver,
    taken: MassReading,
    sizes: Sequence[Size] | None,
    notes: Notes,
    answers: Answers,
) -> None:
    """Say how a merged weight was read; ask where the figures do not prove it."""
    for position, column in enumerate(solver.columns):
        for span in column.merged:
            stated = column.values[span[0]]
            if stated is None or solver.joint.is_summed(position, span[0]):
                continue
            figure = f"{value_text(stated.value)} is merged over {len(span)} lines"
            if taken.pers[position] == "carton":
                notes.remark(stated.cell, "merged_mass", f"{figure}: it is that of each carton")
                continue
            if answers.find(f"{stated.cell}.merged", notes.sheet, WAYS):
                continue
            kinds = {sizes[index] for index in span} if sizes else set()
            unit = taken.units[position]
            is_proved = solver.has_total_over(position, span)
            each = f"{value_text(kg(Decimal(taken.grams[span[0]])))} kg a carton"
            if is_proved and len(kinds) == 1:
                text = f"{figure} of the same size: it is their weight together, {each}"
                notes.remark(stated.cell, "merged_mass", text)
                continue
            choices = [(f"{stated.cell}.merged=cartons", f"together, the same for each: {each}")]
            if len(kinds) > 1:
                shown = solver.examples_of(position, span, "volume", unit)
                choices.append(
                    (f"{stated.cell}.merged=volume", f"together, by their volume: {shown}")
                )
            if not is_proved:
                shown = solver.examples_of(position, span, "lines", unit)
                choices.append((f"{stated.cell}.merged=lines", f"each line weighs so: {shown}"))
            reason = "how is it divided?" if is_proved else "no sum shows what it is the weight of"
            notes.ask(stated.cell, "merged_mass", f"{figure}: {reason}", choices)
