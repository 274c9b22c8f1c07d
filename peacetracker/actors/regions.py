"""Where states lie: the regions of the United Nations' M49 standard, by ISO 3166-1 alpha-3 code."""

_REGIONS = {
    "Northern Europe": "DNK EST FIN GBR IRL ISL LTU LVA NOR SWE",
    "Western Europe": "AUT BEL CHE DEU FRA LIE LUX MCO NLD",
    "Southern Europe": "ALB AND BIH ESP GRC HRV ITA MKD MLT MNE PRT SMR SRB SVN VAT XKX",
    "Eastern Europe": "BGR BLR CZE HUN MDA POL ROU RUS SVK UKR",
    "Northern America": "CAN USA",
    "Latin America and the Caribbean": (
        "ARG ATG BHS BLZ BOL BRA BRB CHL COL CRI CUB DMA DOM ECU GRD GTM GUY HND HTI JAM KNA LCA MEX NIC PAN PER PRY "
        "SLV SUR TTO URY VCT VEN"
    ),
    "Western Asia": "ARE ARM AZE BHR CYP GEO IRQ ISR JOR KWT LBN OMN PSE QAT SAU SYR TUR YEM",
    "Central Asia": "KAZ KGZ TJK TKM UZB",
    "Southern Asia": "AFG BGD BTN IND IRN LKA MDV NPL PAK",
    "Eastern Asia": "CHN JPN KOR MNG PRK TWN",
    "South-eastern Asia": "BRN IDN KHM LAO MMR MYS PHL SGP THA TLS VNM",
    "Northern Africa": "DZA EGY LBY MAR SDN TUN",
    "Western Africa": "BEN BFA CIV CPV GHA GIN GMB GNB LBR MLI MRT NER NGA SEN SLE TGO",
    "Middle Africa": "AGO CAF CMR COD COG GAB GNQ STP TCD",
    "Eastern Africa": "BDI COM DJI ERI ETH KEN MDG MOZ MUS MWI RWA SOM SSD SYC TZA UGA ZMB ZWE",
    "Southern Africa": "BWA LSO NAM SWZ ZAF",
    "Oceania": "AUS FJI FSM KIR MHL NRU NZL PLW PNG SLB TON TUV VUT WSM",
}
REGIONS = list(_REGIONS)
ELSEWHERE = "Elsewhere"
_REGION_OF = {code: region for region, codes in _REGIONS.items() for code in codes.split()}


def region_of(iso3: str) -> str:
    return _REGION_OF.get(iso3, ELSEWHERE)


_CONTINENTS = {"Europe": "Europe", "America": "Americas", "Asia": "Asia", "Africa": "Africa", "Oceania": "Oceania"}


def continent_of(iso3: str) -> str:
    """The continent of a state, empty where none is known."""
    region = region_of(iso3).replace("Latin America and the Caribbean", "America")
    return _CONTINENTS.get(region.rsplit(" ", 1)[-1], "")
