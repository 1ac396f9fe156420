"""China's airlines, railways, travel agents, hotels and taxis by app."""

from filters.directories.listing import CARDS, KNOWN, PAGES, Group, Kind

GROUPS = (
    Group(
        Kind.AIRLINE,
        (
            ("95583", "中国国际航空", "Air China"),
            ("95530", "中国东方航空", "China Eastern Airlines"),
            ("95539", "中国南方航空", "China Southern Airlines"),
            ("95339", "海南航空", "Hainan Airlines"),
            ("95557", "厦门航空", "Xiamen Airlines"),
            ("95378", "四川航空", "Sichuan Airlines"),
            ("95361", "深圳航空", "Shenzhen Airlines"),
            ("95369", "山东航空", "Shandong Airlines"),
            ("95524", "春秋航空", "Spring Airlines"),
            ("95520", "吉祥航空", "Juneyao Air"),
            ("4007006000", "吉祥航空", "Juneyao Air"),
            ("95071666", "福州航空", "Fuzhou Airlines"),
            ("4008187333", "美国航空", "American Airlines"),
            ("4001202364", "达美航空", "Delta Air Lines"),
        ),
        CARDS,
    ),
    Group(
        Kind.AIRLINE,
        (
            ("95326", "祥鹏航空", "Lucky Air"),
            ("95350", "天津航空", "Tianjin Airlines"),
            ("95375", "首都航空", "Capital Airlines"),
            ("95373", "西部航空", "West Air"),
            ("95307", "奥凯航空", "Okay Airways"),
            ("95334", "乌鲁木齐航空", "Urumqi Air"),
            ("95370", "北部湾航空", "GX Airlines"),
            ("4001026666", "中国联合航空", "China United Airlines"),
            ("4006006633", "华夏航空", "China Express Airlines"),
            ("4008886628", "国泰航空", "Cathay Pacific"),
            ("4008828888", "全日空", "All Nippon Airways"),
            ("4006588888", "大韩航空", "Korean Air"),
            ("4008868868", "汉莎航空", "Lufthansa"),
            ("4008808808", "法国航空", "Air France"),
            ("4008822380", "阿联酋航空", "Emirates"),
        ),
        KNOWN,
    ),
    Group(
        Kind.RAIL,
        (("95105105", "中国铁路", "China Railway"),),
        PAGES,
    ),
    Group(
        Kind.RAIL,
        (("12306", "中国铁路", "China Railway"),),
        CARDS,
    ),
    Group(
        Kind.RAIL,
        (("95306", "中国铁路货运", "China Railway Freight"),),
        KNOWN,
    ),
    Group(
        Kind.TRAVEL,
        (
            ("95010", "携程", "Ctrip"),
            ("95117", "去哪儿", "Qunar"),
            ("95711", "同程旅行", "Tongcheng Travel"),
            ("9510208", "飞猪", "Fliggy"),
            ("4001012895", "航旅纵横", "Umetrip"),
            ("4006166666", "神州租车", "CAR Inc."),
        ),
        CARDS,
    ),
    Group(
        Kind.TRAVEL,
        (
            ("4007999999", "途牛", "Tuniu"),
            ("10106060", "驴妈妈", "Lvmama"),
            ("4008886608", "一嗨租车", "eHi Car Services"),
        ),
        KNOWN,
    ),
    Group(
        Kind.HOTEL,
        (("4008209999", "锦江酒店", "Jin Jiang Hotels"),),
        CARDS,
    ),
    Group(
        Kind.HOTEL,
        (
            ("4008121121", "华住", "H World"),
            ("4008203333", "首旅如家", "BTG Homeinns"),
            ("10101666", "锦江酒店", "Jin Jiang Hotels"),
            ("4008740087", "7天酒店", "7 Days Inn"),
            ("4006998998", "格林豪泰", "GreenTree Inns"),
            ("4008844371", "万豪", "Marriott"),
            ("4008862255", "洲际酒店", "IHG Hotels"),
        ),
        KNOWN,
    ),
    Group(
        Kind.HAILING,
        (
            ("4000000999", "滴滴出行", "DiDi"),
            ("95066", "滴滴出行", "DiDi"),
            ("4006081111", "曹操出行", "Caocao"),
            ("10105678", "首汽约车", "Shouqi"),
            ("4001630886", "嘀嗒出行", "Dida"),
        ),
        CARDS,
    ),
    Group(
        Kind.HAILING,
        (("10101111", "神州专车", "UCAR"),),
        KNOWN,
    ),
)
