"""China's carriers, power, gas and petrol: who has a line or a pipe into nearly every home."""

from filters.directories.listing import CARDS, KNOWN, PAGES, Group, Kind

GROUPS = (
    Group(
        Kind.CARRIER,
        (
            ("10000", "中国电信", "China Telecom"),
            ("10001", "中国电信", "China Telecom"),
            ("11888", "中国电信", "China Telecom"),
            ("10010", "中国联通", "China Unicom"),
            ("10011", "中国联通", "China Unicom"),
            ("10016", "中国联通", "China Unicom"),
            ("10018", "中国联通", "China Unicom"),
            ("10188", "中国联通", "China Unicom"),
            ("10086", "中国移动", "China Mobile"),
            ("1008611", "中国移动", "China Mobile"),
            ("10085", "中国移动", "China Mobile"),
            ("12530", "中国移动", "China Mobile"),
            ("10050", "中国铁通", "China Tietong"),
            ("10099", "中国广电", "China Broadnet"),
            ("10029", "阿里通信", "Alibaba Mobile"),
            ("10035", "苏宁互联", "Suning Mobile"),
        ),
        CARDS,
    ),
    Group(
        Kind.CARRIER,
        (
            ("118114", "中国电信", "China Telecom"),
            ("118100", "中国电信", "China Telecom"),
            ("10015", "中国联通", "China Unicom"),
            ("116114", "中国联通", "China Unicom"),
            ("10080", "中国移动", "China Mobile"),
            ("12580", "中国移动", "China Mobile"),
            ("10096", "中国铁塔", "China Tower"),
            ("10046", "小米移动", "Xiaomi Mobile"),
        ),
        KNOWN,
    ),
    Group(
        Kind.CARRIER,
        (("114", "电话查号台", "Directory enquiries of the local carrier"),),
        "MIIT telecommunications numbering plan",
    ),
    Group(
        Kind.UTILITY,
        (
            ("95158", "新奥燃气", "ENN Natural Gas"),
            ("95022", "中国ETC服务", "China ETC, motorway tolls"),
        ),
        PAGES,
    ),
    Group(
        Kind.UTILITY,
        (
            ("95598", "国家电网、南方电网", "State Grid and China Southern Power Grid"),
            ("95504", "中国石油", "PetroChina"),
            ("956100", "中国石油", "PetroChina"),
            ("95388", "中国石化", "Sinopec"),
        ),
        CARDS,
    ),
    Group(
        Kind.UTILITY,
        (("95007", "中国燃气", "China Gas"),),
        KNOWN,
    ),
)
