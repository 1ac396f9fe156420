"""China's area codes, without the trunk zero. Data only; codes that were given up are left out."""

from filters.plan import Area

# Municipalities and the cities whose code has two digits.
_TWO_DIGITS = {
    "10": "Beijing",
    "20": "Guangzhou, Guangdong",
    "21": "Shanghai",
    "22": "Tianjin",
    "23": "Chongqing",
    "24": "Shenyang, Liaoning",
    "25": "Nanjing, Jiangsu",
    "27": "Wuhan, Hubei",
    "28": "Chengdu, Sichuan",
    "29": "Xi'an, Shaanxi",
}

_PROVINCES = {
    "Hebei": {
        "310": "Handan", "311": "Shijiazhuang", "312": "Baoding", "313": "Zhangjiakou", "314": "Chengde",
        "315": "Tangshan", "316": "Langfang", "317": "Cangzhou", "318": "Hengshui", "319": "Xingtai",
        "335": "Qinhuangdao",
    },
    "Shanxi": {
        "349": "Shuozhou", "350": "Xinzhou", "351": "Taiyuan", "352": "Datong", "353": "Yangquan", "354": "Jinzhong",
        "355": "Changzhi", "356": "Jincheng", "357": "Linfen", "358": "Luliang", "359": "Yuncheng",
    },
    "Henan": {
        "370": "Shangqiu", "371": "Zhengzhou", "372": "Anyang", "373": "Xinxiang", "374": "Xuchang",
        "375": "Pingdingshan", "376": "Xinyang", "377": "Nanyang", "379": "Luoyang", "391": "Jiaozuo",
        "392": "Hebi", "393": "Puyang", "394": "Zhoukou", "395": "Luohe", "396": "Zhumadian", "398": "Sanmenxia",
    },
    "Liaoning": {
        "411": "Dalian", "412": "Anshan", "415": "Dandong", "416": "Jinzhou", "417": "Yingkou", "418": "Fuxin",
        "419": "Liaoyang", "421": "Chaoyang", "427": "Panjin", "429": "Huludao",
    },
    "Jilin": {
        "431": "Changchun", "432": "Jilin City", "433": "Yanbian", "434": "Siping", "435": "Tonghua",
        "436": "Baicheng", "437": "Liaoyuan", "438": "Songyuan", "439": "Baishan",
    },
    "Heilongjiang": {
        "451": "Harbin", "452": "Qiqihar", "453": "Mudanjiang", "454": "Jiamusi", "455": "Suihua", "456": "Heihe",
        "457": "Daxing'anling", "458": "Yichun", "459": "Daqing", "464": "Qitaihe", "467": "Jixi", "468": "Hegang",
        "469": "Shuangyashan",
    },
    "Inner Mongolia": {
        "470": "Hulunbuir", "471": "Hohhot", "472": "Baotou", "473": "Wuhai", "474": "Ulanqab", "475": "Tongliao",
        "476": "Chifeng", "477": "Ordos", "478": "Bayannur", "479": "Xilingol", "482": "Hinggan", "483": "Alxa",
    },
    "Jiangsu": {
        "510": "Wuxi", "511": "Zhenjiang", "512": "Suzhou", "513": "Nantong", "514": "Yangzhou", "515": "Yancheng",
        "516": "Xuzhou", "517": "Huai'an", "518": "Lianyungang", "519": "Changzhou", "523": "Taizhou",
        "527": "Suqian",
    },
    "Shandong": {
        "530": "Heze", "531": "Jinan", "532": "Qingdao", "533": "Zibo", "534": "Dezhou", "535": "Yantai",
        "536": "Weifang", "537": "Jining", "538": "Tai'an", "539": "Linyi", "543": "Binzhou", "546": "Dongying",
        "631": "Weihai", "632": "Zaozhuang", "633": "Rizhao", "635": "Liaocheng",
    },
    "Anhui": {
        "550": "Chuzhou", "551": "Hefei", "552": "Bengbu", "553": "Wuhu", "554": "Huainan", "555": "Ma'anshan",
        "556": "Anqing", "557": "Suzhou", "558": "Fuyang", "559": "Huangshan", "561": "Huaibei", "562": "Tongling",
        "563": "Xuancheng", "564": "Lu'an", "566": "Chizhou",
    },
    "Zhejiang": {
        "570": "Quzhou", "571": "Hangzhou", "572": "Huzhou", "573": "Jiaxing", "574": "Ningbo", "575": "Shaoxing",
        "576": "Taizhou", "577": "Wenzhou", "578": "Lishui", "579": "Jinhua", "580": "Zhoushan",
    },
    "Fujian": {
        "591": "Fuzhou", "592": "Xiamen", "593": "Ningde", "594": "Putian", "595": "Quanzhou", "596": "Zhangzhou",
        "597": "Longyan", "598": "Sanming", "599": "Nanping",
    },
    "Guangdong": {
        "660": "Shanwei", "662": "Yangjiang", "663": "Jieyang", "668": "Maoming", "750": "Jiangmen",
        "751": "Shaoguan", "752": "Huizhou", "753": "Meizhou", "754": "Shantou", "755": "Shenzhen",
        "756": "Zhuhai", "757": "Foshan", "758": "Zhaoqing", "759": "Zhanjiang", "760": "Zhongshan",
        "762": "Heyuan", "763": "Qingyuan", "766": "Yunfu", "768": "Chaozhou", "769": "Dongguan",
    },
    "Yunnan": {
        "691": "Xishuangbanna", "692": "Dehong", "870": "Zhaotong", "871": "Kunming", "872": "Dali", "873": "Honghe",
        "874": "Qujing", "875": "Baoshan", "876": "Wenshan", "877": "Yuxi", "878": "Chuxiong", "879": "Pu'er",
        "883": "Lincang", "886": "Nujiang", "887": "Diqing", "888": "Lijiang",
    },
    "Jiangxi": {
        "701": "Yingtan", "790": "Xinyu", "791": "Nanchang", "792": "Jiujiang", "793": "Shangrao", "794": "Fuzhou",
        "795": "Yichun", "796": "Ji'an", "797": "Ganzhou", "798": "Jingdezhen", "799": "Pingxiang",
    },
    "Hubei": {
        "710": "Xiangyang", "711": "Ezhou", "712": "Xiaogan", "713": "Huanggang", "714": "Huangshi",
        "715": "Xianning", "716": "Jingzhou", "717": "Yichang", "718": "Enshi", "719": "Shiyan", "722": "Suizhou",
        "724": "Jingmen", "728": "Xiantao",
    },
    "Hunan": {
        "730": "Yueyang", "731": "Changsha", "734": "Hengyang", "735": "Chenzhou", "736": "Changde",
        "737": "Yiyang", "738": "Loudi", "739": "Shaoyang", "743": "Xiangxi", "744": "Zhangjiajie",
        "745": "Huaihua", "746": "Yongzhou",
    },
    "Guangxi": {
        "770": "Fangchenggang", "771": "Nanning", "772": "Liuzhou", "773": "Guilin", "774": "Wuzhou",
        "775": "Yulin", "776": "Baise", "777": "Qinzhou", "778": "Hechi", "779": "Beihai",
    },
    "Sichuan": {
        "812": "Panzhihua", "813": "Zigong", "816": "Mianyang", "817": "Nanchong", "818": "Dazhou", "825": "Suining",
        "826": "Guang'an", "827": "Bazhong", "830": "Luzhou", "831": "Yibin", "832": "Neijiang", "833": "Leshan",
        "834": "Liangshan", "835": "Ya'an", "836": "Garze", "837": "Aba", "838": "Deyang", "839": "Guangyuan",
    },
    "Guizhou": {
        "851": "Guiyang", "854": "Qiannan", "855": "Qiandongnan", "856": "Tongren", "857": "Bijie",
        "858": "Liupanshui", "859": "Qianxinan",
    },
    "Tibet": {
        "891": "Lhasa", "892": "Xigaze", "893": "Shannan", "894": "Nyingchi", "895": "Qamdo", "896": "Nagqu",
        "897": "Ngari",
    },
    "Hainan": {"898": "Haikou"},
    "Xinjiang": {
        "901": "Tacheng", "902": "Hami", "903": "Hotan", "906": "Altay", "908": "Kizilsu", "909": "Bortala",
        "990": "Karamay", "991": "Urumqi", "992": "Kuytun", "993": "Shihezi", "994": "Changji", "995": "Turpan",
        "996": "Bayingolin", "997": "Aksu", "998": "Kashgar", "999": "Ili",
    },
    "Shaanxi": {
        "911": "Yan'an", "912": "Yulin", "913": "Weinan", "914": "Shangluo", "915": "Ankang", "916": "Hanzhong",
        "917": "Baoji", "919": "Tongchuan",
    },
    "Gansu": {
        "930": "Linxia", "931": "Lanzhou", "932": "Dingxi", "933": "Pingliang", "934": "Qingyang", "935": "Wuwei",
        "936": "Zhangye", "937": "Jiuquan", "938": "Tianshui", "939": "Longnan", "941": "Gannan", "943": "Baiyin",
    },
    "Ningxia": {"951": "Yinchuan", "952": "Shizuishan", "953": "Wuzhong", "954": "Guyuan", "955": "Zhongwei"},
    "Qinghai": {
        "970": "Haibei", "971": "Xining", "972": "Haidong", "973": "Huangnan", "974": "Hainan", "975": "Golog",
        "976": "Yushu", "977": "Haixi", "979": "Golmud",
    },
}  # fmt: skip

# Cities with a three-digit code whose local numbers have eight digits; all others have seven.
_EIGHT_DIGITS = """
    311 371 377 379 411 431 432 451 510 511 512 513 514 515 516 517 518 519 523 527 531 532 551
    571 573 574 575 576 577 579 591 595 731 755 757 760 769 791 871 898
"""
# Cities where both lengths are met.
_EITHER = frozenset({"433", "435", "754", "851"})


def _lengths(code: str) -> frozenset[int]:
    if code in _EITHER:
        return frozenset({7, 8})
    return frozenset({8 if len(code) == len("21") or code in _EIGHT_DIGITS.split() else 7})


AREAS: dict[str, Area] = {
    code: Area(code, region, _lengths(code))
    for code, region in (
        *_TWO_DIGITS.items(),
        *((code, f"{city}, {province}") for province, cities in _PROVINCES.items() for code, city in cities.items()),
    )
}
"""Area code -> area."""
