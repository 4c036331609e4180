package policy

import "strings"

// Actions of statements.
const (
	actCollect  = "collect"
	actUse      = "use"
	actShare    = "share"
	actDisclose = "disclose"
	actSell     = "sell"
	actTransfer = "transfer"
	actLet      = "let_collect"
	actCookies  = "place_cookies"
	actRetain   = "retain"
	actProtect  = "protect"
	actProvide  = "provide"
	// Not actions of statements: how a verb may turn out.
	verbPlace = "place" // set, install: only with cookies
	verbAllow = "allow" // allow, permit
	verbNone  = "none"  // a verb that only looks like another: "behalten … vor"
	verbEmbed = "embed" // include, integrate, work with: only with a vendor
)

// verb is a verb as a text writes it.
type verb struct {
	lemma  string
	action string
	form   byte // 'b' base, 's' third person, 'd' past or participle, 'g' -ing
	noun   bool // the same form is a noun: "use", "record"
}

// lemmas of each action. A star marks verbs whose base form is a noun too.
var lemmas = map[string]string{
	actCollect:  "collect gather receive obtain record* track* capture* log* acquire solicit monitor* access* compile request* ask infer derive learn read see handle get",
	actUse:      "use* utilize utilise process* analyze analyse combine employ associate match* correlate",
	actShare:    "share* transmit send give pass supply* exchange* forward distribute provide",
	actDisclose: "disclose release* reveal divulge",
	actSell:     "sell rent* trade* lease* barter* monetize",
	actTransfer: "transfer*",
	actRetain:   "retain keep store* hold* maintain archive* delete erase remove purge destroy discard expire remain preserve save cache",
	actProtect:  "protect safeguard* secure encrypt",
	verbPlace:   "set* place* deploy install drop* put write serve",
	verbAllow:   "allow permit let enable authorize authorise",
	verbEmbed:   "include integrate embed contain implement partner* work* contract* engage rely hire incorporate run*",
	actProvide:  "submit enter upload supply",
}

var irregular = map[string][2]string{ // past or participle, -ing
	"get": {"got gotten", "getting"}, "sell": {"sold", "selling"}, "keep": {"kept", "keeping"}, "hold": {"held", "holding"}, "send": {"sent", "sending"},
	"give": {"given gave", "giving"}, "let": {"let", "letting"}, "set": {"set", "setting"}, "put": {"put", "putting"},
	"write": {"written wrote", "writing"}, "log": {"logged", "logging"}, "permit": {"permitted", "permitting"},
	"transmit": {"transmitted", "transmitting"}, "submit": {"submitted", "submitting"}, "transfer": {"transferred", "transferring"},
	"drop": {"dropped", "dropping"}, "infer": {"inferred", "inferring"}, "supply": {"supplied", "supplying"}, "rely": {"relied", "relying"},
	"embed": {"embedded", "embedding"}, "read": {"read", "reading"}, "see": {"seen saw", "seeing"}, "run": {"run ran", "running"}, "learn": {"learned learnt", "learning"},
}

// verbs is every form of every verb.
var verbs = buildVerbs()

func buildVerbs() map[string]verb {
	out := make(map[string]verb)
	for _, action := range []string{actProvide, verbEmbed, verbPlace, verbAllow, actProtect, actRetain, actTransfer, actSell, actDisclose, actShare, actUse, actCollect} {
		for _, w := range strings.Fields(lemmas[action]) {
			lemma, noun := strings.CutSuffix(w, "*")
			add := func(forms string, form byte) {
				for _, f := range strings.Fields(forms) {
					if old, ok := out[f]; !ok || old.lemma != lemma || old.form == form {
						out[f] = verb{lemma: lemma, action: action, form: form, noun: noun && (form == 'b' || form == 's')}
					}
				}
			}
			stem := strings.TrimSuffix(lemma, "e")
			past, ing := stem+"ed", stem+"ing"
			third := lemma + "s"
			switch {
			case strings.HasSuffix(lemma, "ss") || strings.HasSuffix(lemma, "ch"):
				third = lemma + "es"
			case strings.HasSuffix(lemma, "ly"):
				third = strings.TrimSuffix(lemma, "y") + "ies"
			}
			if irr, ok := irregular[lemma]; ok {
				past, ing = irr[0], irr[1]
			}
			add(past, 'd')
			add(third, 's')
			add(ing, 'g')
			add(lemma, 'b')
		}
	}
	return out
}

// nominals are nouns of acts, read in "the collection of your data by …".
var nominals = map[string]string{
	"collection": actCollect, "gathering": actCollect, "use": actUse, "usage": actUse, "processing": actUse,
	"sharing": actShare, "disclosure": actDisclose, "sale": actSell, "transfer": actTransfer, "storage": actRetain, "retention": actRetain,
}

var (
	auxiliaries = wordSet(`do does did will would shall should may might can could must be is are was were been being have has had 'll
		don't doesn't didn't won't wouldn't shan't shouldn't can't cannot couldn't isn't aren't wasn't weren't haven't hasn't we'll we've we're you're they're need`)
	negators = wordSet(`not never don't doesn't didn't won't wouldn't shan't shouldn't can't cannot couldn't isn't aren't wasn't weren't haven't hasn't neither nor`)
	adverbs  = wordSet(`also not never only further then ever otherwise either neither both just even always sometimes often still now hereby
		thereby in-turn each ourselves themselves itself together again first merely simply longer no ever likewise instead currently alone all`)
	beForms   = wordSet("be is are was were been being isn't aren't wasn't weren't we're they're you're get gets")
	haveForms = wordSet("have has had haven't hasn't we've")
	modals    = wordSet("may might can could will would shall should must cannot can't won't wouldn't couldn't shouldn't")
	// nounBefore are words after which a word that may be a noun is one.
	nounBefore = wordSet("the a an your our their its his her this that these those such any of in for by no each all personal other on from with about upon through under during continued permitted fair internal intended")
)

func adverb(w string) bool {
	return adverbs[w] || len(w) > 4 && strings.HasSuffix(w, "ly") && w != "supply" && w != "rely" && w != "apply" && w != "reply" && w != "family"
}
