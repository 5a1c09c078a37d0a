"""Places by UN/LOCODE: the one code that the hub uses for a place, and others that mean it.

UN/LOCODE has several codes for some places, and carriers use still others. The codes of `PLACES`
are those that carriers' schedules use and that an openly published list of sea ports has
(marchah/sea-ports at 3606d4d9); inland places and names are from UN/LOCODE 2023-1 (UNECE), which
calls CNNGB, CNSHA, CNSZX and others the airports of their cities. The hub takes any code of the
right form, and knows the aliases of these only.
"""

PLACES: dict[str, str] = {
    "AEDXB": "Dubai",
    "AEJEA": "Jebel Ali",
    "ARBUE": "Buenos Aires",
    "AUSYD": "Sydney",
    "BEANR": "Antwerp",
    "BRSSZ": "Santos",
    "CIABJ": "Abidjan",
    "CLSAI": "San Antonio",
    "CNDLC": "Dalian",
    "CNNGB": "Ningbo",
    "CNSHA": "Shanghai",
    "CNSZX": "Shenzhen",
    "CNTAO": "Qingdao",
    "CNXGG": "Tianjin Xingang",
    "CNXMN": "Xiamen",
    "CNYIU": "Yiwu",
    "CNYNT": "Yantai",
    "COBUN": "Buenaventura",
    "DEDUI": "Duisburg",
    "DEHAM": "Hamburg",
    "DJJIB": "Djibouti",
    "DZALG": "Algiers",
    "EGALY": "Alexandria",
    "ESMAD": "Madrid",
    "ESVLC": "Valencia",
    "GBFXT": "Felixstowe",
    "GHTEM": "Tema",
    "GRPIR": "Piraeus",
    "INMUN": "Mundra",
    "INNSA": "Nhava Sheva",
    "IQUQR": "Umm Qasr",
    "ITGOA": "Genoa",
    "KEMBA": "Mombasa",
    "KWSWK": "Shuwaikh",
    "LKCMB": "Colombo",
    "MXZLO": "Manzanillo",
    "MYPKG": "Port Klang",
    "NGAPP": "Apapa",
    "NLRTM": "Rotterdam",
    "PECLL": "Callao",
    "PHMNL": "Manila",
    "PKKHI": "Karachi",
    "SAJED": "Jeddah",
    "SGSIN": "Singapore",
    "THLCH": "Laem Chabang",
    "TRIST": "Istanbul",
    "TZDAR": "Dar es Salaam",
    "USHOU": "Houston",
    "USLAX": "Los Angeles",
    "USNYC": "New York",
    "VNSGN": "Ho Chi Minh City",
    "ZADUR": "Durban",
}
"""Names of the places that groupage itself mentions, and of those with aliases."""
ALIASES: dict[str, str] = {
    # The list of sea ports has both codes for one port; UN/LOCODE has a third one for some.
    "CNNBO": "CNNGB",
    "CNNBG": "CNNGB",
    "CNSGH": "CNSHA",
    "CNSHG": "CNSHA",
    "CNQIN": "CNTAO",
    "CNQDG": "CNTAO",
    "CNXAM": "CNXMN",
    "CNXMG": "CNXMN",
    "CNDAL": "CNDLC",
    "CNDAG": "CNDLC",
    "CNXGA": "CNXGG",
    "CNYTG": "CNYNT",
    "DJPOD": "DJJIB",
    # UN/LOCODE: Shenzhen, Shenzhen Pt.
    "CNSNZ": "CNSZX",
    "CNSZP": "CNSZX",
    # After Yiwu's airport code. No list has it; versions before 0.3.0 used it.
    "CNYIW": "CNYIU",
}
"""Codes that mean a place of `PLACES`, and the code to use."""


def canonical_place(code: str) -> str:
    """Return the code that the hub uses for the place with this code."""
    return ALIASES.get(code, code)
