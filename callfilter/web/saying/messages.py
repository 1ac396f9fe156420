"""Every sentence of the filter as a template: a test finds those that are missing.

The name of a place says what may stand there; `sentences.py` has them all.
"""

from typing import Final

from callfilter.marked import N_

TRACE: Final = (
    N_("not an emergency or public-service number, nor one of your lines or protected numbers"),
    N_("%(number)s is an emergency number"),
    N_("%(number)s is a public-service number"),
    N_("%(number)s is one of your own lines"),
    N_("%(number)s is a number you protect"),
    N_("none of your own numbers and prefixes covers the caller"),
    N_("there is no number to look up"),
    N_("%(entry)s covers the caller, but is expired"),
    N_("%(entry)s is allowed"),
    N_("%(entry)s is blocked"),
    N_("%(entry)s is blocked, to voicemail"),
    N_("%(entry)s is to be screened"),
    N_("%(entry)s is to be diverted"),
    N_("%(entry)s is to be kept busy"),
    N_("no extension to divert to is set: the call rings"),
    N_("no mailbox is configured for this number: the call rings"),
    N_("no mailbox is configured for this number: the caller is screened"),
    N_("%(watch)s: the caller failed a screening a moment ago: to voicemail, without another try"),
    N_("%(watch)s: the caller failed a screening a moment ago; it only observes"),
    N_("rule '%(rule)s': %(inner)s"),
    N_("rule '%(rule)s': %(conditions)s"),
    N_("rule '%(rule)s' is passed over: %(fault)s"),
    N_("%(step)s; but it is expired"),
    N_("%(step)s; it only observes, and would have said %(action)s"),
    N_("%(step)s; matches"),
    N_("%(step)s; expired"),
    N_("%(step)s; no, since this is not so: %(condition)s"),
    N_("%(step)s; passed over: %(fault)s"),
    N_("the one rule here does not match"),
    N_("none of the %(count)s rules here matches"),
    N_("the caller's earlier calls were not looked up"),
    N_("nobody adds up scores here"),
    N_("what went on around the caller was not looked up"),
    N_("somebody is expected, but not this caller"),
    N_("a call is expected until %(time)s"),
    N_("%(who)s is expected until %(time)s"),
    N_("you knew this caller, but it is too long ago"),
    N_("you dialled this number on %(date)s"),
    N_("you talked with this caller on %(date)s"),
    N_("this caller proved to be human on %(date)s"),
    N_("nothing about this caller is suspicious"),
    N_("what went on around the caller was not looked up, so only the number is looked at"),
    N_("%(watch)s: %(evidence)s"),
    N_("%(step)s; that only counts for the score"),
    N_("score %(points)s: %(symbols)s"),
    N_("score %(points)s: nothing speaks for or against the caller"),
    N_("the caller sent no number: the setting for anonymous callers is %(action)s"),
    N_("the caller withholds the number: the setting for anonymous callers is %(action)s"),
    N_("no number can be read: the setting for invalid callers is %(action)s"),
    N_("nothing speaks against this caller: the call rings"),
    N_("the filter failed, so the call rings: %(fault)s"),
    N_("version %(version)s of the policy cannot be used (%(fault)s), so no rules are looked at"),
    N_("version %(version)s of the policy cannot be used (%(fault)s), so version %(other)s judges"),
    N_(
        "version %(version)s of the policy has faults, and rules are left out (%(fault)s); callfilter doctor names them"
    ),
    N_(
        "version %(version)s of the policy has faults, and rules are left out (%(fault)s, and %(count)s more); "
        "callfilter doctor names them"
    ),
    N_("version %(version)s, %(fault)s"),
    N_("version %(version)s: %(fault)s"),
    N_("line %(line)s: %(fault)s"),
    N_("%(fault)s; that rule is left out"),
    N_("the settings have changed: the call was judged as %(key)s"),
    N_("the filter failed on this call, so no rules were looked at"),
    N_("version %(version)s of the policy is not in the database any more"),
    N_("what the carrier vouched for was not logged, so rules take it that there was nothing"),
)
"""Steps of a trace."""

EVIDENCE: Final = (
    N_("the shop reported this caller"),
    N_("the caller's block of %(size)s numbers has %(count)s that were reported"),
    N_("%(number)s is %(model)s with something put before it"),
    N_("%(number)s is %(model)s with something behind it"),
    N_("%(number)s is one digit from %(model)s"),
    N_("the caller tried %(count)s of your numbers within %(minutes)s"),
    N_("%(count)s numbers of the caller's block of 1,000 called within %(minutes)s"),
    N_("%(count)s strangers or more called within %(seconds)s seconds, last now"),
    N_("%(count)s strangers or more called within %(seconds)s seconds, last at %(time)s"),
    N_("the caller was asked to press a key a moment ago"),
    N_("the caller was sent to voicemail a moment ago"),
    N_("a rented number"),
    N_("not in the directory"),
    N_("a resold segment"),
    N_("a segment that nobody has"),
    N_("nobody can have this number"),
    N_("a text message's number"),
    N_("dear to call back"),
    N_("from abroad"),
    N_("the caller sent no number"),
    N_("the caller withholds the number"),
    N_("no call in the last 30 days"),
    N_("%(count)s calls in a day"),
    N_("on %(date)s"),
    N_("rang on another day"),
    N_("the signature is wrong"),
    N_("the carrier vouches for it"),
    N_("the name says %(text)s"),
    N_("the name is another number"),
    N_("at %(time)s"),
    N_("from %(country)s"),
)
"""What suspicion finds."""

READING: Final = (
    N_("so the key is %(key)s"),
    N_("so the key is anonymous"),
    N_("so the key is invalid"),
    N_("the caller asked that it not be shown"),
    N_("00 after the + is left out"),
    N_("%(prefix)s is the international prefix"),
    N_("the address says that numbers begin with +%(digits)s where this is one"),
    N_("%(digits)s is the country code of %(country)s"),
    N_("no number of %(country)s looks so: the digits are kept as they came"),
    N_("no number of any country looks so: the digits are kept as they came"),
    N_("a full number of %(country)s"),
    N_("a number that only exists inside %(country)s"),
    N_("%(prefix)s is the trunk prefix"),
    N_("%(digits)s without + is the country code"),
    N_("%(digits)s is the area code of %(region)s"),
    N_("a local number: area code %(digits)s is put before it"),
    N_("a local number without its area code"),
    N_("area code %(digits)s before a short number is left out"),
    N_("area code %(digits)s before a number of no area is left out"),
    N_("%(digits)s is a prefix that chooses a carrier"),
    N_("read by the numbering plan of %(country)s"),
    N_("a number of no single country"),
    N_("more than %(count)s characters: no number can be read"),
    N_("more than %(count)s digits: no number can be read"),
    N_("no number was sent"),
    N_("spaces, hyphens and the like are left out"),
    N_("digits of another script are read as 0 to 9"),
    N_("+ without digits: no number can be read"),
    N_("the address has no caller in it"),
    N_("the address is one for withheld numbers"),
    N_("%(text)s is left out, as the trunk puts it before numbers"),
    N_("%(text)s stands in the address"),
    N_("%(text)s is a word for no number"),
    N_("%(text)s is not a digit: letters and masks are not guessed, so no number can be read"),
)
"""How a number was read."""

LINT: Final = (
    N_("never matches, since no call meets “%(condition)s”: write another value, or leave it out"),
    N_("never matches, since no call meets “%(quoted)s” at once: leave one of them out, or write a rule for each"),
    N_(
        'meets no number that somebody can have (%(conditions)s): correct it, or write class = "impossible" too if '
        "wrong numbers are meant"
    ),
    N_("never matches any more, since it ended on %(time)s: remove the rule, or write a later time"),
    N_(
        "meets hardly any call, since most who hide theirs send none, and then “%(condition)s” is not so: leave "
        "anonymous out, or write a rule for each"
    ),
    N_(
        "asks for calls to %(number)s, which is none of the numbers in your settings: write one of [dids], such as "
        "%(list)s, or add it there"
    ),
    N_(
        "is on and never decides, since your rule ‘%(rule)s’ decides all of its calls: switch the preset off, or "
        "give your rule narrower conditions"
    ),
    N_("never %(does)s, since ‘%(rule)s’ before it says the same: remove one of them"),
    N_(
        "never %(does)s and says the opposite of ‘%(rule)s’, which has all of its calls: ‘%(other)s’ wins "
        "(%(action)s), so %(remedy)s, or remove it"
    ),
    N_(
        "never %(does)s and says the opposite of ‘%(rule)s’, which has all of its calls, for rules for everyone come "
        "first: ‘%(other)s’ wins (%(action)s), so %(remedy)s, or remove it"
    ),
    N_("never %(does)s, since ‘%(rule)s’ before it has all of its calls (%(action)s): %(remedy)s, or remove it"),
    N_(
        "never %(does)s, since ‘%(rule)s’ before it has all of its calls (%(action)s), for rules for everyone come "
        "first: %(remedy)s, or remove it"
    ),
    N_("sends to voicemail, but there is no mailbox, so such calls ring: set policy.mailbox in the settings"),
    N_("%(name)s sends to voicemail, but there is no mailbox, so such calls ring: set policy.mailbox in the settings"),
    N_(
        '%(turns)s every caller: add a condition, such as when = { class = "call-centre" } and unless = { listed = '
        "true }"
    ),
    N_("turns away %(model)s, which is in the directory: add unless = { listed = true }, or a narrower condition"),
    N_(
        "sends to voicemail %(model)s, which is in the directory: add unless = { listed = true }, or a narrower "
        "condition"
    ),
    N_(
        "asks for a key from %(model)s, which is in the directory: add unless = { listed = true }, or a narrower "
        "condition"
    ),
    N_("keeps busy %(model)s, which is in the directory: add unless = { listed = true }, or a narrower condition"),
    N_(
        "keeps busy %(count)s numbers of the directory (%(kinds)s), such as %(model)s: add unless = { listed = true }, "
        "or a narrower condition"
    ),
    N_("diverts %(model)s, which is in the directory: add unless = { listed = true }, or a narrower condition"),
    N_(
        "turns away %(count)s numbers of the directory (%(kinds)s), such as %(model)s: add unless = { listed = true "
        "}, or a narrower condition"
    ),
    N_(
        "sends to voicemail %(count)s numbers of the directory (%(kinds)s), such as %(model)s: add unless = { listed "
        "= true }, or a narrower condition"
    ),
    N_(
        "asks for a key from %(count)s numbers of the directory (%(kinds)s), such as %(model)s: add unless = { "
        "listed = true }, or a narrower condition"
    ),
    N_(
        "diverts %(count)s numbers of the directory (%(kinds)s), such as %(model)s: add unless = { listed = true }, "
        "or a narrower condition"
    ),
    N_('%(turns)s about %(share)s of ordinary callers: add a condition, or try it with mode = "observe" first'),
    N_(
        "has no effect, since you allowed %(entry)s and own numbers come first: remove the rule, or callfilter "
        "forget %(other)s"
    ),
    N_(
        "has no effect, since you blocked %(entry)s and own numbers come first: remove the rule, or callfilter "
        "forget %(other)s"
    ),
    N_("has no effect on %(number)s (%(why)s), as such numbers ring whatever rules say: take them out of the rule"),
    N_(
        "has no effect on %(number)s (%(why)s) and %(count)s more, as such numbers ring whatever rules say: take "
        "them out of the rule"
    ),
    N_("rule '%(rule)s' %(inner)s"),
    N_("preset '%(rule)s' %(inner)s"),
    N_("error: %(inner)s"),
    N_("warning: %(inner)s"),
    N_("looks with %(text)s for %(finds)s: %(instead)s"),
    N_(
        "looks with %(text)s for a number that nobody has, as numbers are compared as 13800138000 and +8613800138000: "
        "write %(value)s in its place"
    ),
    N_("the strokes / themselves"),
    N_("leave them out, and write (?i) for letters of either case"),
    N_("{,…} itself, and not for up to so many"),
    N_("write {0,3} for up to three"),
    N_("one of the letters in [:…:]"),
    N_("write it in brackets, such as [[:digit:]]"),
    N_("< or > itself"),
    N_("write \\b for the edge of a word"),
    N_("finds nobody abroad, as numbers are compared as 13800138000 and +8613800138000: write ^\\+ in place of ^00"),
)
"""What the linter says."""

TAKES: Final = (
    N_("a number, such as 13800138000"),
    N_("the beginning of numbers, such as 138*"),
    N_("two numbers with - between, such as 02161500000-02161599999"),
    N_("an Asterisk pattern, such as _1[3-9]XXXXXXXXX"),
    N_("an RE2 expression, such as ^1[38]"),
    N_("a number of digits such as 11, a span such as 7-8, or 12- for 12 and more"),
    N_("a class of numbers, such as call-centre"),
    N_("a city or province of China, such as Suzhou, 江苏, or own for the province of your shop"),
    N_("a country's two letters, such as HK"),
    N_("true or false"),
    N_("a text, such as insurance"),
    N_("an RE2 expression, such as (?i)loan|credit"),
    N_("A, B, C, failed or none"),
    N_("one of your numbers as the trunk sends it, such as 02160001000, or its beginning, such as 0216000*"),
    N_("the name of a trunk, such as carrier-1"),
    N_("true for all forwarded calls, a number, or the beginning of numbers, such as 0216*"),
    N_("days and hours, such as mon-fri 09:00-18:30, or the name of one of your windows"),
    N_("days and hours, such as mon-fri 09:00-18:30, or the name of one of your windows, which are %(list)s"),
    N_("how many calls in what time, such as 3 in 10 minutes"),
    N_("true for every number in the directory, or a kind: %(list)s"),
    N_("points, such as 5- for 5 and more, or 3-5"),
    N_('a name in quotes, such as "Asia/Shanghai"'),
    N_('a list of names, such as ["no-caller-id"]'),
    N_("a table: write [trust] and below it such as days = 90"),
    N_("tables: write [suspicion.neighbour] for the step of that name"),
    N_("a table: write [calendars] and the calendars below"),
    N_('tables: write [windows.open] and below days = "mon-fri"'),
)
"""What can be written, behind `write`."""

ABOUT: Final = (
    N_("This number, however it is spelled."),
    N_("Numbers that begin so."),
    N_("All numbers from one to the other."),
    N_("Numbers that Asterisk would match: as dialled in your country, or with `+` and country code."),
    N_("Numbers in which the expression is found: as dialled in your country, or with `+` and country code."),
    N_("Numbers with so many digits, as dialled in your country; a caller without a number has none."),
    N_("Numbers of this class; `docs/numbers.md` has them all."),
    N_("Landlines and mobiles that are registered in this city or province, in English, pinyin or Chinese."),
    N_("Numbers of this country."),
    N_("Callers who send no number, or withhold it."),
    N_("Callers whose number cannot be read."),
    N_("Callers whose name has this text in it; case makes no difference."),
    N_("Callers in whose name the expression is found."),
    N_("What the caller's carrier vouches for (STIR/SHAKEN), `failed` for a wrong signature, `none` without one."),
    N_("Calls to this number of yours."),
    N_("Calls that come in by this trunk."),
    N_("Calls that somebody's line forwarded to you."),
    N_("Calls within these hours of your shop; hours over midnight belong to the day on which they begin."),
    N_("Callers who call so often, the present call counted too."),
    N_("Callers who have never called before."),
    N_("Numbers in the directory of banks, couriers and others, or those of one kind."),
    N_("Callers of whom suspicion counts so many points, whether its steps are on or off; see Suspicion below."),
    N_("Emergency and public-service numbers, your own lines and the numbers you protect: they always ring."),
    N_("Numbers and prefixes that you allowed or blocked: the longest match wins, and at equal length allow wins."),
    N_("Your rules that are for everyone, such as closing hours: top to bottom, the first that matches wins."),
    N_("While you expect a call from somebody unknown, callers of that kind ring."),
    N_("Callers whom you dialled or talked with lately, or who proved to be human: they ring."),
    N_("Your rules for callers whom you do not know: top to bottom, the first that matches wins."),
    N_(
        "Steps that you switch on, such as neighbours of reported numbers: strangers who are suspicious must press a "
        "key or go to voicemail, and are never rejected."
    ),
    N_("Anonymous and invalid callers meet your settings for them; everyone else rings."),
    N_("Numbers that nobody can have, such as a landline that begins with 1 or 9, are rejected."),
    N_("Callers who send no number, or withhold it, go to voicemail."),
    N_(
        "Rented call-centre numbers (950, 951, 952, 954, 957 and long 95 numbers) that the directory does not know "
        "must press a key."
    ),
    N_("400 numbers that the directory does not know must press a key."),
    N_("Callers from Hong Kong, Macau and Taiwan must press a key."),
    N_("Callers from other countries must press a key; Hong Kong, Macau and Taiwan have a preset of their own."),
    N_("Mobile numbers of segments that nobody had when the data was written must press a key."),
    N_("Mobile numbers of resold segments (162, 165, 167, 170, 171) ring with a label: real people use them too."),
    N_("Landlines of other provinces ring with a label."),
    N_("Callers from a block of 100 or 1,000 numbers in which several were reported must press a key."),
    N_(
        "Callers whose number is one digit from that of a bank, an authority, a number that you protect or a line of "
        "your own, or has something before or behind it, must press a key."
    ),
    N_("Callers who try several of your numbers within minutes must press a key."),
    N_("Callers from a block of 1,000 numbers of which several have called within minutes must press a key."),
    N_("When many strangers call within a minute, strangers must press a key for a while."),
    N_(
        "Whoever calls again within seconds of being filtered is filtered as before; after a failed screening it is "
        "voicemail."
    ),
    N_(
        "Points for all evidence are added up: from 3 on the caller rings with a label, from 5 on must press a key, "
        "and from 8 on goes to voicemail."
    ),
    N_("A rented call-centre number (950, 951, 952, 954, 957 and long 95 numbers) that the directory does not know."),
    N_("A 400 number that the directory does not know."),
    N_("A mobile number of a resold segment."),
    N_("A mobile number of a segment that nobody has."),
    N_("A number that nobody can have, of eight digits or more."),
    N_("A number that sends text messages, and should not call."),
    N_("A number that is dear to call back."),
    N_("A caller from another country."),
    N_("A landline of another province."),
    N_("A caller who sends no number, or withholds it."),
    N_("You reported this very number, and have not blocked it."),
    N_("The first call in 30 days."),
    N_("Five calls or more in a day."),
    N_("Failed a screening in the last 30 days."),
    N_("Hung up when asked to press a key."),
    N_("Rang on another day of the last 30."),
    N_("What the step `neighbour` finds."),
    N_("What the step `block-in-turn` finds."),
    N_("What the step `sweep` finds."),
    N_("What the step `flood` finds."),
    N_("What the step `look-alike` finds."),
    N_("A number like a trusted one that may well be just another, such as one next to your own."),
    N_("The signature of the caller's number is wrong (STIR/SHAKEN)."),
    N_("The caller's carrier vouches for the number in full (attestation A)."),
    N_("The name is a carrier's warning, such as 骚扰电话 or SPAM."),
    N_("The name is another number than the caller's."),
    N_("A call between 22:00 and 07:00 of the shop's time."),
    N_("The directory knows the number."),
    N_("its own page or program, as others have copied it"),
    N_("MIIT public-service numbering"),
    N_("MIIT telecommunications numbering plan"),
    N_("public contact cards"),
    N_("publicly known, and read nowhere"),
)
"""What conditions, chapters, presets and steps are about."""

REFUSED: Final = (
    N_("%(key)s is %(text)s, but must be %(wanted)s"),
    N_("rules are a list of tables: write [[rule]] before each"),
    N_("two rules are called %(text)s: give one of them another name"),
    N_("two rules are called %(text)s: give one another name"),
    N_("%(text)s is not known in a rule: write %(choice)s"),
    N_("a rule needs a name: write a short text of its own"),
    N_("a rule needs an action: write %(choice)s"),
    N_("%(key)s is %(text)s: write %(choice)s"),
    N_("%(key)s is %(text)s: write a text in quotes"),
    N_("%(key)s is %(text)s: write true or false, without quotes"),
    N_("%(key)s is %(text)s: write day and time without quotes, such as 2026-12-31T18:00:00"),
    N_("%(key)s is in %(year)s: write a year from %(first)s to %(last)s"),
    N_('%(key)s is %(text)s: write conditions in braces, such as { prefix = "138*" }'),
    N_("%(key)s is %(text)s: write %(takes)s"),
    N_("%(text)s is no condition: write %(choice)s"),
    N_("%(text)s is no condition: write one of %(list)s"),
    N_("rule %(text)s asks the same thing twice: write the values as one list"),
    N_("rule %(text)s: %(inner)s"),
    N_("%(text)s is no name: write 1 to %(count)s characters"),
    N_("a SIP answer has no meaning for %(word)s: leave it out"),
    N_("divert needs a target: write extension@context, such as 600@internal"),
    N_("a target has no meaning for %(word)s: leave it out"),
    N_("%(text)s is no target: write extension@context, such as 600@default"),
    N_("%(text)s is no target: write box@context, such as 600@default"),
    N_("%(text)s cannot be shown on a phone: write at most %(count)s letters, digits, spaces and hyphens"),
    N_("%(key)s has no value: write %(takes)s"),
    N_("%(key)s has %(count)s values: write %(most)s at most into one rule"),
    N_("%(text)s is not to be read here: write %(takes)s"),
    N_("%(text)s is neither yes nor no: write true or false, without quotes"),
    N_("%(text)s is no number: write %(takes)s"),
    N_("%(text)s is no number of digits: write %(takes)s"),
    N_("%(text)s runs backwards: write %(span)s"),
    N_("no numbers are of class %(text)s: write %(choice)s"),
    N_("no numbers are of class %(text)s: write one of %(list)s"),
    N_("regions of mobile numbers cannot be read (%(fault)s): install callfilter anew"),
    N_("your own province is not known: set your area code in the settings, or write its name"),
    N_("%(text)s is no country: write %(takes)s"),
    N_("%(text)s is no attestation: write %(takes)s"),
    N_("%(text)s is no window (%(fault)s): write %(takes)s"),
    N_("%(text)s does not say how many calls: write %(takes)s"),
    N_("%(text)s is no kind of organisation: write %(takes)s"),
    N_("%(text)s are no points: write %(takes)s"),
    N_("%(text)s begins above its end: write %(takes)s"),
    N_("region %(text)s is the name of several places: write %(places)s"),
    N_("region %(text)s is no province or city of China that we know; did you mean %(places)s?"),
    N_("region %(text)s is no province or city of China that we know: write its name in English, pinyin or Chinese"),
    N_("%(text)s is no number prefix: write digits and one * at the end, such as 138* or +4420*"),
    N_("%(text)s is too short: a prefix needs %(count)s digits or more, such as 138* or 021*"),
    N_("%(text)s can mean %(choice)s: write more digits, or begin with %(code)s, or with %(trunk)s and an area code"),
    N_("no numbering plan is known for country %(text)s: write + and the country code first"),
    N_("range %(text)s is not two numbers: write them like 02161500000-02161599999"),
    N_("range %(text)s runs backwards: write the lower number, %(number)s, first"),
    N_("range %(text)s has %(value)s for one end, which is no number: write digits, like 02161500000-02161599999"),
    N_(
        "range %(text)s has %(value)s for one end, which nobody can have: write the beginning of the numbers as a "
        "prefix, such as 021*, or ends that somebody can have, such as 02120000000-02189999999"
    ),
    N_(
        "range %(text)s goes from %(key)s to %(last)s, which are not of one kind: write both ends as full numbers of "
        "one country, or both as service numbers"
    ),
    N_(
        "range %(text)s goes from %(key)s to %(last)s, which differ in length: write both ends with the same number "
        "of digits"
    ),
    N_("pattern %(text)s… has %(count)s characters: Asterisk reads %(most)s at most"),
    N_("pattern %(text)s is neither number nor pattern: write digits, or a pattern such as _1[3-9]XXXXXXXXX"),
    N_("pattern %(text)s is an exact text without a leading _: write %(value)s to make it a pattern"),
    N_("pattern %(text)s has nothing to compare: write one such as _1[3-9]XXXXXXXXX behind the _"),
    N_("pattern %(text)s matches no number because it ends in []: leave the [] out"),
    N_("pattern %(text)s matches no number because a [ is never closed: write ] behind the set"),
    N_("pattern %(text)s: %(value)s does not negate, it is a set with %(other)s in it: write the characters you want"),
    N_(
        "pattern %(text)s: %(value)s stands for one digit, not for the numbers %(span)s: write one pattern for each "
        "first digit, such as %(other)s, or a single digit on each side of the -"
    ),
    N_("pattern %(text)s: %(value)s has the empty range %(span)s: write %(other)s"),
    N_("pattern %(text)s: %(value)s matches nothing because hyphens in numbers do not count: leave it out"),
    N_(
        "pattern %(text)s: %(value)s has the letter %(letter)s itself in it, not %(meaning)s: write %(span)s in its "
        "place"
    ),
    N_("pattern %(text)s means the key * itself: write %(value)s for all numbers that begin with %(digits)s"),
    N_("pattern %(text)s has a ] without a [ before it: leave it out"),
    N_("pattern %(text)s has a space in it, which no number has: leave it out, or write - there"),
    N_(
        "pattern %(text)s has %(value)s in it, which has no meaning there: patterns are made of digits, X, Z, N, "
        "sets such as [3-9], and . or ! at the end; for more write a regular expression"
    ),
    N_(
        "pattern %(text)s goes on after %(letter)s, where Asterisk compares nothing any more: write %(value)s, or X "
        "for each digit that has to be there"
    ),
    N_(
        "pattern %(text)s has a word in which %(letter)s stands for %(meaning)s: write %(value)s for the letter, or "
        "the word without the leading _"
    ),
    N_("a digit 0 to 9"),
    N_("a digit 1 to 9"),
    N_("a digit 2 to 9"),
    N_("days %(list)s are not all days of the week: Monday is 0 and Sunday is 6"),
    N_("the window never opens, since it has no days: write days, such as mon-fri, or also"),
    N_("hours have a time zone of their own: write them without, as the shop's clock shows them"),
    N_("%(text)s is not known in a time window: write %(list)s"),
    N_("the time window is empty: write one or more of %(list)s"),
    N_("days: %(text)s is no day of the week: write days such as mon-fri or sat, sun"),
    N_("hours: %(text)s is no span of hours: write one such as 09:00-18:30, or 22:00-06:00 over midnight"),
    N_("hours: %(text)s ends when it begins: write 00:00-24:00 for the whole day"),
    N_("%(key)s: no calendar is called %(text)s: write one of %(list)s"),
    N_("%(key)s: no calendar is called %(text)s: write dates such as [2026-10-01]"),
    N_("%(key)s: %(text)s is no date: write year, month and day like 2026-10-01"),
    N_("the expression has %(construct)s, which RE2 cannot read: %(instead)s"),
    N_("the expression cannot be read (%(fault)s): correct it, or put \\ before a character that means itself"),
    N_("%(count)s expressions together need more than %(size)s MiB"),
    N_("%(text)s is no preset: there are %(list)s"),
    N_("%(text)s is not known in a policy: there are %(list)s"),
    N_("%(text)s has no place here: write [[rule]]"),
    N_("there is no rule in it: write [[rule]] and below it name, when and action"),
    N_("a preset has this name: give the rule another one"),
    N_("%(text)s is no time zone: write one such as Asia/Shanghai"),
    N_("this is not TOML: %(text)s"),
    N_("%(key)s: %(inner)s"),
    N_("%(text)s is not known here: there are %(list)s"),
    N_("%(text)s is not known here: write %(choice)s"),
    N_("%(key)s is %(text)s: write a whole number from %(least)s to %(most)s"),
    N_("%(key)s is %(text)s: write a number from %(least)s to %(most)s"),
    N_("calendar %(text)s: write dates, such as [2026-10-01]"),
    N_('window %(text)s: write a table, such as { days = "mon-fri" }'),
    N_("window %(text)s: %(fault)s"),
    N_("%(text)s is no step: there are %(list)s"),
    N_("%(key)s is %(text)s: write %(value)s and its settings below"),
    N_("action is %(text)s, but suspicion is never a permanent block, and refuses nobody: write %(choice)s"),
    N_('action = "allow" only gives a label: write label = "…" too'),
    N_("%(text)s is not known in %(key)s: write %(choice)s"),
    N_("%(key)s is %(text)s: write %(value)s and such as %(other)s below"),
)
"""What is wrong with a rule or a policy."""

EXPRESSIONS: Final = (
    N_("(?!…), a look-ahead"),
    N_("(?=…), a look-ahead"),
    N_("(?<…), a look-behind"),
    N_("(?>…), an atomic group"),
    N_("a possessive repetition such as a*+"),
    N_("(?(…)…), a choice"),
    N_("a reference back to a group"),
    N_("a call of a group"),
    N_("(?#…), a comment"),
    N_("(?x), spaces that do not count"),
    N_("a flag of another language"),
    N_("(?|…), a choice of groups"),
    N_("(?C…), a callout"),
    N_("a group whose name cannot be read"),
    N_("\\Z, the end of the text"),
    N_("\\G, the end of the last match"),
    N_("\\K, a new beginning of the match"),
    N_("\\h, a space of any kind"),
    N_("\\R, the end of a line"),
    N_("\\X, a whole character"),
    N_("\\u…, a character by its code"),
    N_("[\\b], a backspace in brackets"),
    N_("a script or property by an unknown name"),
    N_("a class by an unknown name"),
    N_("a range that runs backwards"),
    N_("a repetition of too many times, or that runs backwards"),
    N_("two repetitions in a row"),
    N_("a repetition with nothing before it"),
    N_("a ( that is never closed"),
    N_("a ) without a ( before it"),
    N_("a [ that is never closed"),
    N_("a \\ at its end"),
    N_("too much in it"),
    N_("put what must not be there into the rule's `unless`"),
    N_("write two conditions, for a rule needs all of its conditions"),
    N_("write what stands before as part of the expression"),
    N_("write (?:…), which is as fast here"),
    N_("leave the second + out, it is as fast"),
    N_("write two rules"),
    N_("write out the texts that may repeat"),
    N_("write out what the group says in its place"),
    N_("put it into the rule's `note`"),
    N_("leave x and the spaces out"),
    N_("leave it out, or write (?i) for letters of either case"),
    N_("write (?:…)"),
    N_("leave it out"),
    N_("write (?:…), names of groups do nothing"),
    N_("write $ or \\z"),
    N_("write ^, as each text is looked at once"),
    N_("leave it out, for only whether it is found counts"),
    N_("write [ \\t], or [^ \\t] for \\H"),
    N_("leave it out, for names and numbers are one line"),
    N_("write ."),
    N_("write the character itself, or \\x{4e00}"),
    N_("leave it out, or put \\b before the brackets"),
    N_("write one such as \\p{Han}, or the characters"),
    N_("write one such as [[:digit:]], or the characters"),
    N_("write the lower character first, such as [3-9]"),
    N_("write {1,3}, and 1000 at most in all"),
    N_("leave one of them out"),
    N_("write . before it, or \\ where it means itself"),
    N_("write the ), or \\( for the character"),
    N_("leave it out, or write \\) for the character"),
    N_("write the ], or \\[ for the character"),
    N_("leave it out, or write \\\\ for the character"),
    N_("write less, such as .* in place of .{900}"),
)
"""What RE2 cannot read, and what to write instead."""

DOCTOR: Final = (
    N_("changed in the settings since its start: %(list)s; restart it to use that"),
    N_("%(path)s can be used"),
    N_("there is no settings file, so what is built in holds"),
    N_("set on the page, in %(path)s: %(list)s"),
    N_("set by variables of the environment: %(list)s"),
    N_("%(path)s can be read"),
    N_("%(path)s cannot be written by this user; give it the folder (chown)"),
    N_("it can be written"),
    N_("%(size)s GB are free on the disk of %(path)s; make room, or calls can no longer be logged"),
    N_("%(size)s GB are free on the disk of %(path)s; make room before it is full"),
    N_("%(size)s GB are free on the disk of %(path)s"),
    N_(
        "ami is off in the settings, so the log cannot tell what became of calls, and nobody whom you dial or talk "
        "with becomes known; callfilter setup sets it up"
    ),
    N_("%(address)s takes connections and does not answer; restart Asterisk or look at ami"),
    N_("%(address)s cannot be reached (%(fault)s); set enabled = yes in [general] of manager.conf"),
    N_("logged in to %(address)s as %(user)s"),
    N_(
        "%(address)s refuses the user %(user)s; make the secret in the settings the one in Asterisk's manager file, "
        "and run: asterisk -rx 'manager reload'"
    ),
    N_("what listens at %(address)s is no manager interface; look at ami in the settings"),
    N_("there are no rules of your own, and no presets are on"),
    N_("version %(version)s judges, with %(count)s rules and presets"),
    N_("%(inner)s; see callfilter policy history, and apply a policy without faults"),
    N_("there is no %(command)s command here"),
    N_("%(command)s -rx does not end"),
    N_("%(command)s -rx ended with status %(count)s"),
    N_("cannot look into Asterisk (%(fault)s); run this where Asterisk runs, as root or as its user"),
    N_("an unknown version"),
    N_("Asterisk %(release)s"),
    N_("%(release)s is older than anything that was tried; Asterisk %(count)s or newer is better"),
    N_(
        "not loaded, but needed: %(list)s; run asterisk -rx 'module load NAME', and take any noload of them out of "
        "modules.conf"
    ),
    N_("%(list)s are loaded"),
    N_(
        "not loaded, but needed to screen, divert or hold calls, else they may be lost: %(list)s; run "
        "asterisk -rx 'module load NAME', and take any noload of them out of modules.conf"
    ),
    N_(
        "the context callfilter is not loaded; include callfilter.conf in extensions.conf (callfilter setup does) "
        "and run: asterisk -rx 'dialplan reload'"
    ),
    N_("the context callfilter is loaded"),
    N_("the filter is entered from %(list)s"),
    N_(
        "no context enters the filter; put exten => _X.,1,Gosub(callfilter,s,1) into the context that your trunk's "
        "calls come in by"
    ),
    N_(
        "Asterisk asks %(address)s, and the settings say %(other)s; put %(value)s into [globals] of extensions.conf, "
        "or change fastagi"
    ),
    N_("this Asterisk has no PJSIPHangup, so 607 reaches callers as 603; Asterisk 18.21, 20.6, 21.1 have it"),
    N_("PJSIPHangup is there: rejected callers get the very answer that is set"),
    N_("no such mailbox: %(list)s; add it to voicemail.conf or change the settings, for until then these calls ring"),
    N_("every mailbox is there: %(list)s"),
    N_(
        "Asterisk knows no manager user %(user)s; include callfilter-manager.conf in manager.conf (callfilter setup "
        "does) and run: asterisk -rx 'manager reload'"
    ),
    N_("Asterisk knows the manager user %(user)s"),
    N_(
        "nobody answers at %(address)s, so every call rings unfiltered; start it: systemctl start callfilter, or "
        "callfilter serve"
    ),
    N_(
        "the service at %(address)s takes connections and does not answer within %(span)s s: it is frozen, so end "
        "and restart it: systemctl restart callfilter"
    ),
    N_("%(address)s cannot be reached (%(fault)s); look at fastagi in the settings"),
    N_("what listens at %(address)s is not callfilter, or not this version; end it, or set fastagi to a free port"),
    N_(
        "callfilter %(release)s (process %(id)s) answers at %(address)s: %(count)s calls since its start, median "
        "%(span)s ms, 99th percentile %(most)s ms"
    ),
    N_("it is version %(release)s, and %(other)s is installed; restart it"),
    N_("version %(version)s of the policy cannot be used by it, so version %(other)s judges"),
    N_("version %(version)s of the policy cannot be used by it, so the built-in policy judges"),
    N_("%(count)s calls rang because the filter failed; the log has them as error"),
    N_("%(count)s calls asked for something else than agi://…/screen; mend the AGI() in your dialplan"),
    N_("%(count)s connections did not speak AGI; look at who else reaches %(address)s, such as a scan"),
    N_("%(count)s calls could not be logged and are lost to it; look at the disk"),
    N_("%(count)s calls still wait to be written; if that stays so, look at the database"),
    N_("%(count)s of them are in memory only, because the disk takes no spool; look at that disk"),
    N_("%(count)s lines of the spool could not be read and were set aside next to the database"),
    N_("it is not logged in to the manager, so the log does not tell what becomes of calls"),
    N_("the service cannot write the database; its log says why: journalctl -u callfilter"),
)
"""What the doctor finds."""

STORE: Final = (
    N_("%(path)s is some other program's database; set `database` to a path of callfilter's own"),
    N_(
        "%(path)s was written by a newer callfilter (schema %(version)s, this one knows %(other)s); upgrade "
        "callfilter, or restore the backup that it made before its migration"
    ),
    N_("%(path)s is still at schema %(version)s; start `callfilter serve` once to bring it to %(other)s"),
    N_(
        "%(path)s is damaged or no SQLite database (%(fault)s); stop callfilter, move it away with its -wal and "
        "-shm, and restore the newest %(file)s.before-*.bak or your backup (or let callfilter start anew)"
    ),
    N_("%(path)s is locked by another program; end the program that keeps it locked"),
    N_("the disk that holds %(path)s is full; make room on it"),
    N_("%(path)s can't be read or written (%(fault)s); check the disk it is on"),
    N_("%(path)s can't be used (%(fault)s)"),
    N_("%(path)s can't be written by user %(user)s; give that user its folder, the file, and its -wal and -shm"),
    N_("%(path)s can't be opened by user %(user)s; give that user its folder, the file, and its -wal and -shm"),
    N_(
        "%(path)s doesn't exist, or user %(user)s may not see it; restore it from a backup, or start `callfilter "
        "serve` to get an empty one"
    ),
    N_("%(path)s can't be made (%(fault)s); set `database` to a file in a folder that can"),
)
"""What is wrong with the database."""

QUOTED: Final = (
    N_('rule "%(rule)s": %(inner)s'),
    N_('rule "%(rule)s" %(inner)s'),
    N_('preset "%(rule)s" %(inner)s'),
    N_(
        'rule "%(rule)s" broke once on the last %(count)s calls and was passed over, at last on %(id)s: '
        "%(fault)s; mend it or set enabled = false, and apply the policy"
    ),
    N_(
        'rule "%(rule)s" broke %(times)s times on the last %(count)s calls and was passed over, at last on '
        "%(id)s: %(fault)s; mend it or set enabled = false, and apply the policy"
    ),
)
"""Sentences about rules, as the doctor and the editor quote their names."""

SETTINGS: Final = (
    N_("%(setting)s cannot be set on the page; there are %(list)s."),
    N_("%(path)s cannot be read: %(fault)s; mend that, or name another file with --config."),
    N_(
        "%(setting)s is %(text)s, which others can reach: use 127.0.0.1, or set listen_anywhere = true if a firewall "
        "guards it."
    ),
    N_("%(setting)s is %(text)s, but must be %(wanted)s."),
    N_("%(setting)s is %(text)s, but must be a number in digits."),
    N_("%(setting)s must be %(wanted)s; its value is not shown here."),
    N_("%(setting)s is no setting; perhaps %(other)s was meant."),
    N_("%(setting)s is no setting; there are %(list)s."),
    N_('%(setting)s is "voicemail", but there is no mailbox: set policy.mailbox.'),
    N_("%(path)s cannot be read: %(fault)s; run this as callfilter's own user or as root."),
    N_("%(path)s is not UTF-8 at byte %(count)s: save it as UTF-8."),
    N_("%(path)s is not valid TOML, %(fault)s."),
    N_("the path of an SQLite file, or sqlite:///path"),
    N_("the whole path of a folder, beginning with /"),
    N_("the two-letter code of a country, such as CN"),
    N_("an area code in digits, such as 021, or empty"),
    N_("host:port, such as 127.0.0.1:4573"),
    N_("host:port, such as 127.0.0.1:8480, or off"),
    N_('off, or user:secret@host:port, such as "callfilter:secret@127.0.0.1:5038"'),
    N_('a list of extensions in quotes, such as ["8001", "8002"]'),
    N_("a table: write [policy] and its settings below"),
    N_("allow, reject, voicemail or screen"),
    N_("one of 603, 607, 486, 404 and 480"),
    N_("box@context, such as 100@default"),
    N_('a list of numbers in quotes, such as ["02161234567"]'),
    N_('tables such as [dids."02161234567"]'),
    N_("a text in quotes"),
    N_("en, zh-Hans, or empty for that of the browser"),
    N_("a number of days up to 36500, or 0 for ever"),
    N_("tables such as [trunks.my-carrier]"),
    N_('a list of leading digits in quotes, such as ["9"]'),
    N_("a number in digits"),
)
"""What is wrong with the settings."""

NOTES: Final = (
    N_("undo of version %(version)s"),
    N_("presets on: all"),
    N_("presets off: all"),
    N_("presets on: %(presets)s"),
    N_("presets off: %(presets)s"),
)
"""Notes that the commands put to a version of the policy."""

SENTENCES: Final = (
    *TRACE,
    *EVIDENCE,
    *READING,
    *LINT,
    *TAKES,
    *ABOUT,
    *REFUSED,
    *EXPRESSIONS,
    *DOCTOR,
    *STORE,
    *QUOTED,
    *SETTINGS,
    *NOTES,
)
