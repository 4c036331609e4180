package policy

import (
	"strings"
	"sync"
)

// choiceWays are the ways in which texts give choices, by the kind of choice,
// in the order in which they are looked for; a sentence may give several kinds.
// The kinds are those of OPP-115 (Wilson et al., ACL 2016). An expression costs
// much more than a search for words, so each has words of which a sentence
// holds one, and is small.
var choiceWays = []struct {
	kind    string
	any     []string
	pattern *pattern
}{
	{"opt_out", []string{"opt out", "opt-out", "opts out", "opting out", "opting-out", "opted out", "opted-out", "optout", "unsubscrib", "opts-out"}, lazily(`\bopt(?:s|ed|ing)?[- ]?out\b|\bunsubscrib`)},
	{"opt_out", []string{"not wish", "not want", "not like", "not desire", "no longer wish", "no longer want", "no longer like", "no longer desire", "not to be ", "not to receiv", "not to contact"}, lazily(`\b(?:no\s+longer|not|rather\s+not)\s+(?:wish|want|like|desire)\s+(?:us\s+)?(?:to\s+)?(?:be\s+)?(?:receiv|contact|hear|send)\w*|\b(?:choose|elect|ask|request|prefer)\w*\s+not\s+to\s+(?:be\s+)?(?:receiv|contact)\w*|` +
		`\bnot\s+(?:wish|want|like)\s+(?:\w+\s+){1,9}(?:shared|used|disclosed|sold|rented|transferred|collected|stored|processed|included|contacted)\b`)},
	{"opt_out", []string{"prefer ", "stop ", "discontinue", "avoid ", "cancel ", "withdraw", "do not sell"}, lazily(`\bprefer\s+(?:not|that\s+(?:we|your))\b|\b(?:stop|discontinue|avoid|cancel)\s+receiving|\bstop\s+(?:sending|(?:the|our)\s+(?:use|collection|delivery|sharing)|(?:\w+\s+){0,3}(?:e-?mails?|mailings?|newsletters?|messages|notifications|communications|ads|calls)\b)|\bwithdraw\s+(?:your\s+|the\s+|any\s+)?consent|\bdo\s+not\s+sell\s+(?:or\s+share\s+)?my\b`)},
	{"opt_out", []string{" us ", " we "}, lazily(`\b(?:ask|request|tell|instruct|direct|require|asking|requesting)\s+(?:\w+\s+){0,2}(?:that\s+)?(?:we|us)\s+(?:to\s+)?(?:do\s+)?(?:not|stop|cease|no\s+longer|refrain)\b`)},
	{"opt_out", []string{"remove", "decline ", "object to", "refuse "}, lazily(`\bremoved?\s+(?:your\s+\w+\s+)?from\s+(?:our|the|any|this|that|their|such)\s+(?:\w+\s+){0,2}(?:list|mailing)|\bdecline\s+(?:to\s+receive|these|such|promotional)|\bobject\s+to\s+(?:the|our|such|this)|\brefuse\s+(?:to\s+(?:allow|permit)\b|(?:any\s+)?(?:further|future)\s)`)},

	{"opt_out", []string{"let us know", "tell us", "notify us", "contact us", "mail us", "write to us"}, lazily(`\bif\s+you\s+(?:would\s+)?(?:prefer|rather|object|do\s+not\s+(?:want|wish|like))\b.{0,120}\b(?:let\s+us\s+know|(?:tell|notify|contact|e?-?mail)\s+us|write\s+to\s+us)\b`)},
	{"opt_out", []string{"removed", "take you off", "remove yourself", "not contact list", "not call list", "not mail list"}, lazily(`\b(?:to\s+be|have\s+(?:your|their)\s+\w+(?:\s+\w+)?|want\s+to\s+be|like\s+to\s+be|wish\s+to\s+be|you\s+will\s+be)\s+removed\s+from\b|\btake\s+you\s+off\b|\bremove\s+yourself\b|\bdo[- ]not[- ](?:contact|call|mail)\s+list\b`)},
	{"opt_out", []string{"cancel"}, lazily(`\bcancel\w*\s+(?:your\s+|the\s+|any\s+|this\s+)?(?:e-?mail\s+)?(?:subscription|newsletter|alert|mailing|e-?mail)s?\b`)},
	{"opt_out", []string{"change your mind", "say no "}, lazily(`\bchange\s+your\s+mind\b|\bsay\s+no\s+to\b`)},
	{"opt_out", []string{"withdraw", "revok", "rescind", "deny"}, lazily(`\b(?:withdraw|withdrawing|revok(?:e|ing)|rescind|deny)\s+(?:\w+\s+){0,3}(?:consents?|permissions?|authori[sz]ations?)\b|\b(?:consent|permission|authori[sz]ation)\s+(?:\w+\s+){0,4}(?:withdrawn|revoked|rescinded)\b`)},
	{"opt_out", []string{"stop ", "prevent ", "prohibit ", "exclude "}, lazily(`\b(?:stop|prevent|prohibit)\s+(?:us|them|third\s+parties|others|such|these)\s+(?:\w+\s+){0,3}(?:from\b|\w+ing\b)|\bexclude\s+(?:your|yourself)\b`)},
	{"opt_out", []string{"not agree", "not consent", "not want", "not wish", "not like", "object", "prefer "}, lazily(`\b(?:if|should)\s+you\s+(?:would\s+|should\s+|do\s+)?(?:not\s+(?:agree|consent|want|wish|like)|object|prefer\s+(?:not|that))\b.{0,180}\b(?:contact|write\s+to|e-?mail|call|notify|inform|advise|tell)\s+(?:us|our|the)\b`)},

	{"opt_out", []string{"if you do not w", "if you don't w", "if you do not like", "if you would rather"}, lazily(`\bif\s+you\s+(?:do\s+not|don't|would\s+rather)\s+(?:want|wish|like)\b.{0,200}\b(?:you|your|please)\b`)},

	{"opt_in", []string{"opt in", "opt-in", "optin", "opted in", "opted-in", "box"}, lazily(`\b(?:you|users?|customers?)\s+(?:\w+\s+)?opt(?:ed)?[- ]?in\b|\bopt[- ]?in\s+(?:to|basis|consent)\b|\bopt[- ]in\W{0,2}\s+(?:box|form|list|process)|\b(?:un)?check(?:ing)?\s+(?:the|a|an|any|that|this|each)\s+(?:\S+\s+){0,3}box`)},
	{"opt_in", []string{"consent", "permission", "authori"}, lazily(`\bonly\s+with\s+your\s+(?:\w+\s+){0,3}(?:consent|permission|authori[sz]ation)\b|\bwith\s+your\s+(?:\w+\s+){0,3}(?:consent|permission|authori[sz]ation)\s+only\b|\b(?:ask|asking|asked)\s+(?:you\s+)?for\s+(?:your\s+)?(?:\w+\s+){0,3}(?:consent|permission|authori[sz]ation)\b`)},
	{"opt_in", []string{"unless you", "only if you", "until you"}, lazily(`\b(?:unless|only\s+if|until)\s+you\s+(?:have\s+|expressly\s+|specifically\s+|otherwise\s+|affirmatively\s+)*(?:consent|consented|agreed?\b|authori[sz]ed|give\s+us\s+permission|given\s+us|elect\s+to\s+receive|opt(?:ed)?[- ]?(?:in|to))\b`)},
	{"opt_in", []string{"elect", "agree", "choos", "opt"}, lazily(`\bif\s+you\s+(?:have\s+)?(?:elect|agreed?|choose|opt)\s+to\s+(?:receive|share|let|have)\b|` +
		`\byou\s+(?:may|can|will\s+be\s+able\s+to|have\s+the\s+(?:option|choice|opportunity))\s+(?:also\s+)?(?:to\s+|of\s+)?(?:choose|elect|opt|choosing)\s+(?:whether|to\s+(?:receive|share|allow|have|make|opt|sign|subscribe))\b`)},

	{"browser", []string{"browser"}, lazily(`\bbrowsers?\b.{0,120}\b(?:configure|disable|block|refuse|reject|decline|turn\s+off|prevent\s+(?:\w+\s+){0,4}(?:cookies?|tracking|collection|from|being|use|stor(?:age|ing)))\b|\bbrowsers?(?:'s|s')?\s+(?:\w+\s+){0,4}settings?\b|\bsettings\s+(?:\w+\s+){0,3}(?:in|of|on|within)\s+(?:\w+\s+){0,2}browsers?\b|\b(?:set|configure|adjust|modify|change|instruct|reset)\s+(?:\w+\s+){0,3}browser\b|\buse\s+(?:your|the)\s+(?:\w+\s+){0,2}browser\b`)},
	{"browser", []string{" cookie"}, lazily(`\b(?:disabl|block|refus|reject|delet|declin|eras|turn(?:ing)?\s+off|opt\s+out\s+of|switch(?:ing)?\s+off|not\s+accept|not\s+to\s+accept)\w*\s+(?:\w+\s+){0,3}cookies?\b|\bclear(?:ing)?\s+(?:(?:your|the|all|any|existing|these|those|stored)\s+){0,2}(?:\w+\s+)?cookies?\b`)},
	{"browser", []string{"settings"}, lazily(`\b(?:your|the)\s+(?:\w+\s+)?(?:device|phone|operating\s+system)(?:'s)?\s+(?:\w+\s+)?settings\b`)},

	{"settings", []string{"settings", "preferences", "choices", "controls"}, lazily(`\b(?:change|edit|update|adjust|modify|manage|control|set|select|indicate|updating|changing|managing|adjusting|editing)\s+(?:your|the|these|this|their|its|how|what|which|whether)\s+(?:\w+\s+){0,4}(?:settings|preferences|choices)\b|\byour\s+privacy\s+(?:settings|controls|choices|preferences)\b`)},
	{"settings", []string{" disable"}, lazily(`\b(?:you|your|users?|visitors?)\b.{0,80}\bdisable\b`)},
	{"settings", []string{"disconnect", "unlink", "disassociate", "revoke"}, lazily(`\b(?:disconnect|unlink|disassociate|revok)\w*\s+(?:\w+\s+){0,5}(?:accounts?|access|permissions?|registration|connection)\b`)},
	{"opt_out", []string{"honor", "honour"}, lazily(`\bhonou?r\s+(?:\w+\s+){0,3}(?:requests?|choices?|preferences?)\b`)},
	{"settings", []string{"exercis"}, lazily(`\bexercis(?:e|ing)\s+(?:\w+\s+){0,3}(?:choices?|options?|preferences?)\b`)},
	{"opt_in", []string{"be asked", "be given", "be offered", "be prompted"}, lazily(`\b(?:you|users)\s+(?:will|may|can)\s+be\s+(?:asked|given|offered|prompted)\b.{0,60}\b(?:whether|if\s+you|consent|permission|choice|opportunity|option)\b`)},
	{"settings", []string{"make choices", "choices about", "have choices", "have a choice"}, lazily(`\b(?:make|have)\s+(?:\w+\s+)?choices?\s+(?:about|regarding|as\s+to|in\s+how|on\s+how|whether)\b`)},
	{"settings", []string{"turn", "switch", "disabl", "uninstall"}, lazily(`\b(?:turn|switch)(?:ing)?\s+(?:it|this|them|these|location|notifications)\s+off\b|\bturn(?:ing)?\s+off\s+(?:the\s+)?(?:location|notif|gps|push|target|track|personal|interest)|\bdisabl(?:e|ing)\s+(?:the\s+|this\s+|these\s+|our\s+|such\s+)?(?:location|notification|gps|feature|push|tracking|personali)|\buninstall`)},
	{"settings", []string{"control", "manage", "limit", "restrict", "disable", "block"}, lazily(`\b(?:you\s+(?:can|may|are\s+able\s+to)|how\s+(?:to|you\s+(?:can|may))|(?:ability|option|choice)\s+to|allows?\s+you\s+to|lets?\s+you)\s+(?:\w+\s+){0,3}(?:control|manage|limit|restrict|disable|block)\s+(?:\w+\s+){0,6}(?:cookies?|tracking|ads|advertising|location|local\s+storage|sharing|collection|(?:(?:is|are)\s+)?(?:collected|used|shared))\b`)},

	{"do_not_use", []string{" not "}, lazily(`\b(?:elect|opt|choose|option|choice|right)\s+(?:of\s+|to\s+)not\s+(?:provid|giv|submit|suppl|disclos|shar|regist|us|particip|allow|permit)(?:e|es|ing|ting|ying|y)?\b|\bopt\s+not\s+to\b|` +
		`\b(?:choose|choosing|decide|elect|prefer|free|option|right|able)\s+(?:\w+\s+)?not\s+to\s+(?:provide|give|submit|supply|disclose|share|register|use|participate|allow|permit|have|let|enter|answer|link|do)\b`)},
	{"do_not_use", []string{" decline"}, lazily(`\b(?:you|users?|visitors?)\b.{0,80}\bdecline\b`)},
	{"do_not_use", []string{"declin", "refus", "voluntary", "optional", "not required", "not oblig"}, lazily(`\b(?:declin|refus)\w*\s+to\s+(?:provide|submit|give|supply|share|disclose|participate)|\bnot\s+(?:required|obligated|obliged)\s+to\s+(?:provide|give|register|supply|disclose|submit|participate)|\b(?:completely|strictly|entirely|purely)\s+(?:voluntary|optional)|\bis\s+voluntary\b`)},
	{"do_not_use", []string{"not want", "not wish"}, lazily(`\bnot\s+(?:want|wish)\s+(?:\w+\s+){0,3}(?:personal|information|data|your|us|to\s+(?:provide|have|share|allow))\b.{0,140}\b(?:do\s+not|don't|please|should\s+not|simply|you\s+may|you\s+can|not\s+use)\b`)},
	{"do_not_use", []string{"agree", "consent", "accept", "object"}, lazily(`\bif\s+you\s+(?:object|disagree|(?:do\s+not|don't|cannot|can\s+not|no\s+longer|are\s+not)\b.{0,120}\b(?:agree|consent|accept))\b.{0,120}\b(?:do\s+not|don't|should\s+not|must\s+not|may\s+not|refrain\s+from|stop|discontinue|cease)\s+(?:\w+\s+){0,3}(?:us(?:e|ing)|access|visit|regist|submit|provid|participat|continu|download)\w*`)},
	{"do_not_use", []string{"without "}, lazily(`\b(?:you|users|visitors)\s+(?:can|may|are\s+able\s+to)\s+(?:\w+\s+){0,3}(?:visit|use|browse|access|view)\b.{0,80}\bwithout\s+(?:giving|telling|providing|sending)\s+us\b`)},
}

// speaksToUser are words of sentences that say what the user may do.
var speaksToUser = []string{"you", "user", "visitor", "customer", "member", "consumer", "individual", "please", "click", "parent", "subscriber", "guardian", "browsers "}

// notChoices are sentences in which a choice's words say something else: that
// others may choose, that a change is accepted by use, that a choice is none.
var notChoices = lazily(`\b(?:may|can|will|are)\s+not\s+(?:be\s+able\s+to\s+)?opt[- ]?out|\bcannot\s+opt[- ]?out|\bwe\s+(?:may|can)\s+(?:choose|elect|decide)\b|\bto\s+opt[- ]in\s+or\s+opt[- ]out\s+of\s+(?:the\s+)?class\b|` +
	`\breserves?\s+the\s+right\b.{0,200}\bopt|\bopt.{0,120}\breserves?\s+the\s+right\b|\b(?:policy|notice|statement)\s+(?:also\s+)?(?:tells|explains|describes|covers|informs)\b|\bdoes\s+not\s+(?:currently\s+)?(?:support|respond|recogni[sz]e)\b|` +
	`\bopting[- ]out\s+(?:may|will|does|of\s+(?:\w+\s+){1,6}(?:may|will|does))\s+(?:not\b|prevent)|\b(?:when|until)\s+you\s+close\s+your\s+browser|` +
	// Nor does what cannot be done, what goes on until consent ends, what one
	// joins, and what changes of the text are taken to mean.
	`\byou\s+can(?:not|\s+not)\s+(?:\w+,?\s+){0,5}(?:disable|opt|block|control|delete|decline|refuse)\b|\buntil\s+you\s+withdraw\b|\bopt[- ]in\s+to\s+(?:participate|subscribe|join)|` +
	`\bif\s+you\s+(?:object\s+to|disagree\s+with|do\s+not\s+(?:agree|consent)\s+(?:to|with))\s+(?:\w+\s+){0,3}(?:changes?|modifications?|revisions?|amendments?|updates?)\b|` +
	// Questions, headings and what a signal is give no choice.
	`\bhow\s+(?:do|can|may|should)\s+i\b|` +
	`^\W*(?:\w{1,3}\W+)?opting[- ]out\s+of\s+[^.;:?!]*\.?$|\bdo[- ]not[- ]track\b[^.]{0,12}\bis\s|` +
	// What follows from a choice is not the choice.
	`\b(?:may|might|will|would|could|should)\s+not\s+(?:\w+\s+){0,5}(?:if|when|where)\s+you\s+(?:choose\s+to\s+|decide\s+to\s+)?(?:disable|delete|block|reject|refuse|decline|do\s+not\s+accept)\b|` +
	`^(?:\W*(?:however|please\s+(?:note|be\s+aware)|note)\W+)?(?:that\s+)?if\s+you\s+(?:choose\s+to\s+|decide\s+to\s+|set\s+your\s+browser\s+to\s+)?(?:disable|reject|block|refuse|decline|delete|turn\s+off|do\s+not\s+(?:accept|allow|provide)|choose\s+not\s+to|not\s+accept)\b.{0,120}\b(?:may|might|will|would|cannot|can\s+not|some|certain)\b.{0,60}\b(?:not|unable|limit|affect|unavailable|degrad|lose|inaccessible)`)

// chooses records the choices that a sentence gives.
func (r *reader) chooses(at spot, low string) {
	if len(r.doc.Choices) >= maxSentences || len(at.text) < 12 {
		return
	}
	if !holdsAny(low, speaksToUser) || strings.HasSuffix(low, "?") {
		return
	}
	none := sync.OnceValue(func() bool { return notChoices.get().MatchString(low) })
	given := ""
	for _, c := range choiceWays {
		if c.kind == given || !holdsAny(low, c.any) || !c.pattern.get().MatchString(low) || none() {
			continue
		}
		given = c.kind
		start := r.doc.Blocks[at.block].Start + r.runes(at.block, at.span.start)
		r.doc.Choices = append(r.doc.Choices, Choice{Kind: c.kind, Quote: at.text, Links: r.links(at), Start: start, End: start + len([]rune(at.text))})
	}
}

// plainLower is a text as expressions want it: in lower case, with straight
// apostrophes.
func plainLower(text string) string { return strings.ToLower(strings.ReplaceAll(text, "’", "'")) }

// holdsAny reports whether a text holds one of some words, or parts of words.
func holdsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
