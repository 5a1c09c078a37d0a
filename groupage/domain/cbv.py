"""Words of GS1's Core Business Vocabulary 2.0, in each of their forms.

A word may be bare (``receiving``), a URN (``urn:epcglobal:cbv:bizstep:receiving``), a web URI
(``https://ref.gs1.org/cbv/BizStep-receiving``) or a compact IRI (``cbv:BizStep-receiving``).
"""

from typing import Literal

Vocabulary = Literal[
    "bizStep",
    "disposition",
    "bizTransaction type",
    "source type",
    "error reason",
    "measurement type",
    "sensor alert type",
    "component",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS: dict[Vocabulary, frozenset[str]] = {
    "bizStep": _words(
        """accepting arriving assembling collecting commissioning consigning creating_class_instance
        cycle_counting decommissioning departing destroying disassembling dispensing encoding
        entering_exiting holding inspecting installing killing loading other packing picking
        receiving removing repackaging repairing replacing reserving retail_selling sampling
        sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
        unloading unpacking void_shipping"""
    ),
    "disposition": _words(
        """active available completeness_inferred completeness_verified conformant container_closed
        container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit
        inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement
        no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved
        retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable
        unknown"""
    ),
    "bizTransaction type": _words(
        "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
    ),
    "source type": _words("location owning_party possessing_party"),
    "error reason": _words("did_not_occur incorrect_data"),
    "measurement type": _words(
        """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude
        AmountOfSubstance AmountOfSubstancePerUnitVolume Angle AngularAcceleration
        AngularMomentum AngularVelocity Area Capacitance Conductance Conductivity Count
        Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
        ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength
        Energy Exposure Force Frequency Illuminance Inductance Irradiance
        KinematicViscosity Length LinearMomentum Luminance LuminousFlux
        LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass
        MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute
        MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux RadiantIntensity
        RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed
        SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume
        VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber"""
    ),
    "sensor alert type": _words("ALARM_CONDITION ERROR_CONDITION"),
    "component": _words(
        """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting
        northing latitude longitude altitude"""
    ),
}
_PREFIXES: dict[Vocabulary, tuple[str, ...]] = {
    "bizStep": ("urn:epcglobal:cbv:bizstep:", "BizStep-"),
    "disposition": ("urn:epcglobal:cbv:disp:", "Disp-"),
    "bizTransaction type": ("urn:epcglobal:cbv:btt:", "BTT-"),
    "source type": ("urn:epcglobal:cbv:sdt:", "SDT-"),
    "error reason": ("urn:epcglobal:cbv:er:", "ER-"),
    "measurement type": ("urn:epcglobal:cbv:mt:", "MT-"),
    "sensor alert type": ("urn:epcglobal:cbv:at:", "AT-"),
    "component": ("urn:epcglobal:cbv:comp:", "Comp-"),
}
WEB_NAMES: dict[Vocabulary, str] = {
    vocabulary: f"https://ref.gs1.org/cbv/{web}" for vocabulary, (_, web) in _PREFIXES.items()
} | {"measurement type": "https://gs1.org/voc/", "sensor alert type": "https://gs1.org/voc/"}
"""The beginning of each vocabulary's words as web URIs (GS1's JSON-LD context of EPCIS 2.0.0)."""
_WEB = (
    "https://ref.gs1.org/cbv/",
    "https://gs1.org/voc/",
    "https://ref.gs1.org/voc/",
    "cbv:",
    "gs1:",
)


_GROWING = frozenset[Vocabulary](("measurement type", "sensor alert type", "component"))
"""Vocabularies of GS1 that get new words between versions of EPCIS; a URI may be one of these."""


def word_of(vocabulary: Vocabulary, text: str) -> str | None:
    """Return the bare word; None when `text` belongs to another vocabulary."""
    urn, web = _PREFIXES[vocabulary]
    if text.startswith(urn):
        return text.removeprefix(urn)
    for host in _WEB:
        if text.startswith(host):
            return text.removeprefix(host).removeprefix(web)
    return text if text in WORDS[vocabulary] else None


def is_known(vocabulary: Vocabulary, text: str) -> bool:
    """Whether `text` is a CBV word in any form, or a URI of another vocabulary."""
    word = word_of(vocabulary, text)
    if word is None or (vocabulary in _GROWING and ":" in text):
        return ":" in text
    return word in WORDS[vocabulary]
