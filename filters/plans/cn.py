"""China's numbering plan as data, from the published segments of the MIIT and the carriers.

Every class has samples and counter-samples, which tests read. Change the version with the data.
"""

from filters.plan import Form, NumberClass, Plan
from filters.plans.cn_areas import AREAS

_LOCAL_BEGINS = ("2", "3", "4", "5", "6", "7", "8")
_MOBILE_GROUPS = (3, 4)
_MOBILE_BEGINS = (
    *(
        "13",
        "145",
        "147",
        "149",
        "150",
        "151",
        "152",
        "153",
        "155",
        "156",
        "157",
        "158",
        "159",
        "1610",
        "166",
        "172",
        "173",
    ),
    *("175", "176", "177", "178", "18", "190", "191", "192", "193", "195", "196", "197", "198", "199"),
)

_CLASSES = (
    NumberClass(
        name="emergency",
        # Police (also by SMS), fire, ambulance (999 is the Red Cross in Beijing), traffic police, the GSM number,
        # rescue at sea, and forest fires.
        begins=("110", "119", "120", "122", "999", "112"),
        lengths=frozenset({3}),
        form=Form.SHORT,
        samples=("110", "119", "120", "122", "999", "112"),
        counter_samples=("111", "1100", "911", "12112"),
    ),
    NumberClass(
        name="emergency",
        begins=("12110", "12119", "12395", "95119"),
        lengths=frozenset({5}),
        form=Form.SHORT,
        samples=("12110", "12119", "12395", "95119"),
        counter_samples=("951190", "12120"),
    ),
    NumberClass(
        name="public-service",
        # 123xx is reserved for public bodies: 12345 city halls, 12315 consumers, 12306 railways, 12366 taxes…
        # 12117 the time, 12121 the weather, 12122 rescue on motorways, 12123 vehicles and licences, 96110 the police's
        # line against fraud.
        begins=("123", "12117", "12121", "12122", "12123", "96110"),
        lengths=frozenset({5}),
        form=Form.SHORT,
        samples=(
            *(
                "12345",
                "12315",
                "12333",
                "12306",
                "12319",
                "12320",
                "12348",
                "12355",
                "12358",
                "12366",
                "12369",
                "12377",
            ),
            *("12381", "12388", "12389", "12121", "12122", "12123", "12117", "96110"),
        ),
        counter_samples=("123", "123456", "12580", "961100"),
    ),
    NumberClass(
        name="carrier",
        # 10000 Telecom, 10010 Unicom, 10086 Mobile, 10099 Broadnet, and the numbers behind them such as 1008611.
        begins=("100", "101"),
        lengths=frozenset({5, 6, 7, 8, 9, 10, 11}),
        form=Form.SHORT,
        also=("service",),
        samples=("10000", "10010", "10086", "10099", "1008611", "10086999"),
        counter_samples=("1008", "01008", "10690001234"),
    ),
    NumberClass(
        name="carrier",
        # Directories (114, 116114, 118114), value-added services and dialling prefixes of the carriers.
        begins=("114", "117", "121"),
        lengths=frozenset({3}),
        form=Form.SHORT,
        also=("service",),
        samples=("114", "117", "121"),
        counter_samples=("113", "1140"),
    ),
    NumberClass(
        name="carrier",
        begins=("116", "118"),
        lengths=frozenset({5, 6}),
        form=Form.SHORT,
        also=("service",),
        samples=("116114", "118114", "11888"),
        counter_samples=("1181", "1161140"),
    ),
    NumberClass(
        name="carrier",
        begins=("125", "179"),
        lengths=frozenset({5, 6, 7, 8}),
        form=Form.SHORT,
        also=("service",),
        samples=("12580", "12530", "12593", "17951", "17911"),
        counter_samples=("1258", "17900000000"),
    ),
    NumberClass(
        name="service",
        begins=("1010", "1096"),
        lengths=frozenset({7, 8}),
        form=Form.SHORT,
        samples=("10106888", "10108888", "1096123"),
        counter_samples=("10103", "101068881234"),
    ),
    NumberClass(
        name="service",
        # China Post: 11183 express mail, 11185 the post.
        begins=("1118",),
        lengths=frozenset({5}),
        form=Form.SHORT,
        samples=("11183", "11185"),
        counter_samples=("1118", "111830"),
    ),
    NumberClass(
        name="service",
        # The rest of 12xxx.
        begins=("120", "121", "122", "124", "126", "127", "128", "129"),
        lengths=frozenset({5}),
        form=Form.SHORT,
        samples=("12200", "12700", "12800"),
        counter_samples=("1220", "128000"),
    ),
    NumberClass(
        name="service",
        # Banks, insurers, couriers, utilities, airlines: companies that serve the whole country.
        begins=("953", "955", "956", "958", "959"),
        lengths=frozenset({5, 6}),
        form=Form.SHORT,
        also=("company",),
        samples=("95588", "95338", "95566", "956156", "95800"),
        counter_samples=("9558", "95088", "95588123"),
    ),
    NumberClass(
        name="call-centre",
        # Access that call centres rent; what is behind it changes.
        begins=("951", "952", "954"),
        lengths=frozenset({5, 6, 7, 8, 9}),
        form=Form.SHORT,
        also=("service",),
        samples=("95105", "95210000", "954123"),
        counter_samples=("9510", "9516123456"),
    ),
    NumberClass(
        name="call-centre",
        begins=("950", "957"),
        lengths=frozenset({5, 6, 7, 8, 9, 10, 11, 12, 13}),
        form=Form.SHORT,
        also=("service",),
        samples=("95029267", "95013123456", "95700123"),
        counter_samples=("9501", "95588", "95012345678901"),
    ),
    NumberClass(
        name="call-centre",
        # Longer than a company's own service line.
        begins=("95",),
        lengths=frozenset({7, 8}),
        form=Form.SHORT,
        also=("service",),
        samples=("95312345", "95551234", "9561234"),
        counter_samples=("95588", "955512345"),
    ),
    NumberClass(
        name="regional",
        begins=("96",),
        lengths=frozenset({5, 6}),
        form=Form.SHORT,
        also=("service",),
        samples=("96011", "96315", "968866"),
        counter_samples=("9601", "96812345", "96110"),
    ),
    NumberClass(
        name="toll-free",
        begins=("800",),
        lengths=frozenset({10}),
        form=Form.SUBSCRIBER,
        also=("service",),
        samples=("8008101234", "8008202345"),
        counter_samples=("80081012", "80081012345"),
        groups=(3, 3),
        gap="-",
    ),
    NumberClass(
        name="shared-cost",
        begins=("400",),
        lengths=frozenset({10}),
        form=Form.SUBSCRIBER,
        also=("service",),
        samples=("4008123123", "4001234567"),
        counter_samples=("40081231", "40081231234", "4108123123"),
        groups=(3, 3),
        gap="-",
    ),
    NumberClass(
        name="premium",
        begins=("160", "168"),
        lengths=frozenset({5, 6, 7, 8}),
        form=Form.BARE,
        samples=("16812345", "16012345"),
        counter_samples=("1681", "16812345678"),
    ),
    NumberClass(
        name="message-port",
        # Ten digits are a Beijing landline without its zero.
        begins=("106",),
        lengths=frozenset({8, 9, *range(11, 21)}),
        form=Form.BARE,
        samples=("10690001234", "106575258888", "10655912345678901234"),
        counter_samples=("1065123456", "1064812345678", "106900"),
    ),
    NumberClass(
        name="mobile",
        begins=_MOBILE_BEGINS,
        lengths=frozenset({11}),
        form=Form.SUBSCRIBER,
        samples=("13800138000", "19912345678", "16612345678", "14712345678", "19212345678"),
        counter_samples=("1380013800", "138001380000", "15412345678", "13491234567", "12345678901"),
        groups=_MOBILE_GROUPS,
    ),
    NumberClass(
        name="mvno",
        # Resold segments. A hint only: real people use them.
        begins=("162", "165", "167", "170", "171"),
        lengths=frozenset({11}),
        form=Form.SUBSCRIBER,
        also=("mobile",),
        samples=("16212345678", "16512345678", "16712345678", "17012345678", "17112345678"),
        counter_samples=("17212345678", "1701234567", "16612345678"),
        groups=_MOBILE_GROUPS,
    ),
    NumberClass(
        name="satellite",
        begins=("1349", "174"),
        lengths=frozenset({11}),
        form=Form.SUBSCRIBER,
        also=("mobile",),
        samples=("13491234567", "17400123456"),
        counter_samples=("13481234567", "1349123456"),
        groups=_MOBILE_GROUPS,
    ),
    NumberClass(
        name="iot",
        begins=("1064",),
        lengths=frozenset({13}),
        form=Form.SUBSCRIBER,
        samples=("1064812345678", "1064912345678"),
        counter_samples=("106481234567", "1065812345678", "10648123456789"),
    ),
    NumberClass(
        name="iot",
        begins=("140", "141", "144", "146", "148"),
        lengths=frozenset({11, 13}),
        form=Form.SUBSCRIBER,
        samples=("1440123456789", "1460123456789", "14812345678"),
        counter_samples=("144012345678", "14512345678"),
    ),
    NumberClass(
        name="unassigned",
        # The shape of a mobile number in a segment that nobody has.
        begins=("142", "143", "154", "160", "161", "163", "164", "168", "169", "179", "194"),
        lengths=frozenset({11}),
        form=Form.SUBSCRIBER,
        also=("impossible",),
        samples=("15412345678", "16112345678", "17912345678"),
        counter_samples=("15512345678", "1541234567", "16812345"),
        groups=_MOBILE_GROUPS,
    ),
)

CN = Plan(
    country="CN",
    version="2026-11",
    calling_code="86",
    trunk="0",
    international="00",
    carriers=(
        *("10193", "11808", "12593", "17900", "17901", "17908", "17909", "17910", "17911", "17921", "17931", "17950"),
        *("17951", "17960", "17961", "17968", "17969", "17990", "17991", "17995", "17996"),
    ),
    classes=_CLASSES,
    landline=NumberClass(
        name="landline",
        begins=_LOCAL_BEGINS,
        lengths=frozenset({7, 8}),
        form=Form.SUBSCRIBER,
        samples=("02161234567", "01061234567", "09516123456", "075586123456", "051261234567"),
        counter_samples=("02111234567", "02191234567", "0216123456", "06001234567", "095161234567"),
    ),
    local=NumberClass(
        name="landline-local",
        begins=_LOCAL_BEGINS,
        lengths=frozenset({7, 8}),
        form=Form.BARE,
        samples=("61234567", "2612345"),
        counter_samples=("11234567", "91234567", "612345", "8695588", "612345678"),
    ),
    areas=AREAS,
)
"""Mainland China. Hong Kong, Macau and Taiwan have country codes and plans of their own."""
