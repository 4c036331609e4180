package policy

import (
	"strings"
)

// Topic is a place where a text speaks of something that people ask of a
// policy and that is no act on data: rights, children, security, changes.
type Topic struct {
	Kind  string `json:"kind"` // one of TopicKinds
	Quote string `json:"quote"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// TopicKinds are the kinds of Topic, in the order in which they are asked.
func TopicKinds() []string {
	var out []string
	for _, t := range topics {
		out = append(out, t.kind)
	}
	return out
}

// topics are the words by which a sentence speaks of each. A sentence is looked
// at with the expression only when it holds one of the words.
var topics = []struct {
	kind    string
	any     []string
	pattern *pattern
}{
	{"tracking", []string{"cookie", "pixel", "beacon", "local storage", "gif", "fingerprint", "replay", "flash", "local shared", "etag", "sdk", "session record", "tracking tech"},
		lazily(`\b(?:web\s+beacons?|pixels?(?:\s+tags?)?|clear\s+gifs?|local\s+(?:shared\s+objects?|storage)|flash\s+cookies?|session\s+(?:replay|recording)|fingerprint(?:s|ing)?|e-?tags?|sdks?|tracking\s+technolog\w+|cookies?)\b`)},
	{"profiling", []string{"profil", "infer", "automated", "predict", "segment"},
		lazily(`\bprofiling\b|\b(?:create|build|develop|draw|make|creating|building)\s+(?:\w+\s+){0,4}(?:profiles?|inferences?|segments?)\b|\binferences?\b|\bautomated\s+(?:individual\s+)?(?:decision|processing|means|profil)|\bpredict\w*\s+(?:your|their|what|how|which|user|customer)`)},
	{"consent_withdrawal", []string{"withdraw", "revoke", "rescind"},
		lazily(`\b(?:withdraw|revok|rescind)\w*\s+(?:\w+\s+){0,4}(?:consent|permission|authori[sz]ation)\b|\bconsent\b.{0,60}\b(?:withdrawn|revoked)\b`)},
	{"rights", []string{"access", "correct", "delet", "updat", "eras", "right", "review", "chang", "modif", "edit", "rectif", "portab", "remov", "amend", "deactivat", "clos", "cancel", "terminat"},
		lazily(`\b(?:you|users?|members?|customers?|individuals?|visitors?|consumers?|parents?|residents?|residence)\b.{0,60}\b(?:may|can|could|wish|want|would\s+like|right|able|option|entitled|ability|ask|request|need)\b.{0,80}\b(?:access|review|correct|delete|update|erase|rectify|modify|edit|amend|change|remove|view|obtain|deactivate|close|cancel|terminate)\b.{0,50}\b(?:information|data|accounts?|profiles?|details|records?|preferences|registration|inaccurac\w+|errors|it|subscription|posts?|content)\b|` +
			`\bright\s+(?:to|of)\s+(?:access|rectif|correct|eras|delet|know|be\s+forgotten|data\s+portab|portab|restrict|object|lodge|complain|opt)|\b(?:to|please|by)\s+(?:access|accessing|review|correct|correcting|delete|deleting|update|updating|edit|modify|remove)(?:,?\s+(?:and|or|/)?\s*\w+){0,3}\s+(?:your|the|any|their)\s+(?:\w+\s+){0,3}(?:information|data|account|profile|details)|\bprovide\w*\s+(?:you|users|individuals|members)\s+(?:\w+\s+){0,4}(?:access\s+to\s+(?:your|their|personal|the\s+(?:personal\s+)?(?:information|data))|opportunity)\b|\bcorrect\w*\s+(?:\w+\s+){0,3}inaccura`)},
	{"security", []string{"secur", "encrypt", "safeguard", "ssl", "tls", "firewall", "unauthori", "protect", "hack", "password"},
		lazily(`\bsecur(?:e|ity|ely)\s+(?:\w+\s+){0,3}(?:measures?|procedures?|technolog\w+|servers?|sockets?|practices|safeguards|features|software|standards|protocols?|systems?|connection|facilit\w+|environment|transmission|manner|policies|controls|layer)\b|\b(?:measures|steps|procedures|safeguards|precautions|efforts|security|means|techniques|technology|standards)\b.{0,60}\b(?:protect|secure|safeguard|prevent\s+(?:the\s+)?(?:unauthori|loss|misuse)|against)\b|\bencrypt(?:s|ed|ion|ing)?\b|\bsafeguards?\b|\bfirewalls?\b|\b(?:ssl|tls)\b|\bsecure\s+sockets?\b|` +
			`\b(?:100\s*%|completely|perfectly|absolutely|totally|entirely)\s+(?:secure|safe)|\bguarantee\b.{0,60}\b(?:secur|safe)|\bsecurity\s+(?:of|is|and)\b.{0,60}\b(?:information|data|important|confidential)|\bprotect(?:s|ed|ing|ion)?\s+(?:\w+\s+){0,3}(?:information|data)\b.{0,60}\b(?:from|against|unauthori|loss|misuse|secur)|\bunauthori[sz]ed\s+(?:access|use|disclosure|persons?|parties|acquisition)|\brestrict\w*\s+access\b|\bkeep\s+(?:your\s+|the\s+)?(?:\w+\s+)?(?:password|information|data)\s+(?:\w+\s+)?(?:confidential|safe|secure|secret)|\b(?:data|security)\s+breach`)},
	{"transfers", []string{"united states", "countr", "international", "safe harbor", "shield", "abroad", "european economic", "eea", "border", "jurisdiction", "u.s.", "standard contractual", "adequa"},
		lazily(`\b(?:transfer|stor|process|locat|host|maintain|sent|export|collect)\w*\b.{0,80}\b(?:united\s+states|u\.s\.|other\s+countr\w+|countr(?:y|ies)\s+(?:other|outside|in)|another\s+countr\w+|third\s+countr\w+|outside\s+(?:of\s+)?(?:the|your)\s+(?:eea|eu|uk|united|european|country|jurisdiction)|abroad|overseas|international\w*|across\s+borders|any\s+country)|\boutside\s+(?:of\s+)?(?:the\s+)?(?:united\s+states|u\.s\.|us\b|united\s+kingdom|uk\b|eea|eu\b|european)|\bsafe\s+harbor\b|\bprivacy\s+shield\b|\bstandard\s+contractual\s+clauses\b|\badequacy\s+decision|\binternational\s+(?:data\s+)?(?:transfers?|users?|visitors?)`)},
	{"region", []string{"california", "nevada", "virginia", "colorado", "european", "eea", "gdpr", "ccpa", "vermont", "canad", "massachusetts", "shine the light", "resident", "austral"},
		lazily(`\bcalifornia(?:ns?)?\b|\bshine\s+the\s+light\b|\b(?:nevada|virginia|colorado|connecticut|utah|vermont|massachusetts|texas)\s+(?:residents?|consumers?|law|privacy)|\bresidents?\s+(?:of|in)\s+(?:the\s+)?(?:california|european|eea|eu|united\s+kingdom|uk|canada|switzerland|nevada|virginia)|\b(?:european\s+(?:union|economic\s+area|residents|users)|eea|gdpr|ccpa|cpra|lgpd|pipeda)\b|\b(?:canadian|australian|european|swiss)\s+(?:residents?|users?|visitors?|citizens?|privacy)`)},
	{"children", []string{"child", "minor", "under 1", "under the age", "coppa", "thirteen", "kids", "years of age", "parental", "sixteen"},
		lazily(`\bchild(?:ren)?(?:'s)?\b|\bminors?\b(?:\s+(?:under|who|may|should|in)|[,.]|$)|\b(?:under|below|over|least|age\s+of)\s+(?:the\s+age\s+of\s+)?(?:13|14|15|16|18|thirteen|sixteen|eighteen)\b|\bcoppa\b|\bparental\s+consent\b|\bkids\b|\b(?:13|16|18)\s+years\s+(?:of\s+age|old)`)},
	{"do_not_track", []string{"do not track", "do-not-track", "dnt"}, lazily(`\bdo[- ]not[- ]track\b|\bdnt\b`)},
	{"global_privacy_control", []string{"global privacy control", "gpc", "opt-out preference signal", "opt out preference signal", "preference signal"}, lazily(`\bglobal\s+privacy\s+control\b|\bgpc\b|\bpreference\s+signals?\b`)},
	{"changes", []string{"chang", "updat", "modif", "revis", "amend"},
		lazily(`\b(?:chang|updat|modif|revis|amend)\w*\b.{0,60}\b(?:(?:privacy|this|our|cookie)\s+(?:\w+\s+){0,2}(?:policy|policies|statement|notice)|these\s+(?:policies|terms)|this\s+(?:document|page|agreement))\b|\b(?:policy|statement|notice|practices)\b.{0,50}\b(?:may|will|can|to|reserve)\b.{0,40}\b(?:chang|updat|modif|revis|amend)(?:e[sd]?|y|ied|ing)?\b|\b(?:material|significant|substantial|such|any|these)\s+(?:\w+\s+)?(?:changes|revisions|modifications|updates|amendments)\b|\bcheck\s+(?:this|back|the|our)\s+(?:\w+\s+){0,3}(?:periodically|regularly|frequently|often|for\s+(?:any\s+)?(?:changes|updates))|\bchanges?\s+(?:are|is)\s+(?:posted|effective|made)`)},
	{"merger", []string{"merg", "acqui", "bankrupt", "sale of", "insolven", "change of control", "reorgani"},
		lazily(`\bmerg(?:er|ers|ed|e|es)\b|\bacquisition\b|\bacquired\s+by\b|\bbankruptcy\b|\binsolvency\b|\bsale\s+of\s+(?:all|some|substantially|our|the|any|its|assets|\w+\s+assets)|\bchange\s+(?:of|in)\s+(?:control|ownership)|\breorgani[sz]ation\b`)},
	{"applicants", []string{"applicant", "job ", "candidate", "employment", "recruit", "resume", "employee"},
		lazily(`\b(?:job\s+)?(?:applicants?|candidates?)\b|\bapply\w*\s+(?:for|to)\s+(?:a\s+|our\s+|any\s+)?(?:jobs?|positions?|employment|careers?)|\bemployment\s+application|\brecruit(?:ing|ment)\b|\bour\s+employees'?\s+(?:data|information|privacy)`)},
	{"contact", []string{"contact", "write to us", "email us", "e-mail us", "questions", "call us", "data protection officer", "@", "dpo", "controller"},
		lazily(`\b(?:questions|comments|concerns|complaints|inquiries|enquiries|feedback)\b.{0,90}\b(?:contact|email|e-mail|write|call|reach|send|please|us|address)\b|\bcontact\s+(?:us|our|the)\b.{0,60}(?:\bat\b|\bby\b|\bvia\b|:|@|\bform\b|\bbelow\b|\bthrough\b|\bif\b|\bhere\b)|\b(?:you\s+(?:can|may)|please|to)\s+contact\s+(?:us|our)\b|\b(?:e-?mail|write\s+to|call)\s+us\s+(?:at|on|:)|\bdata\s+protection\s+officer\b|\bdata\s+controller\s+(?:is|of|for|responsible)|\bcontroller\s+(?:is|of\s+your|for\s+your|responsible)`)},
}

// touches records what a sentence speaks of.
func (r *reader) touches(at spot, low string) {
	if len(r.doc.Topics) >= maxSentences || len(at.text) < 8 || strings.HasSuffix(at.text, "?") {
		return
	}
	for _, t := range topics {
		if !holdsAny(low, t.any) || !t.pattern.get().MatchString(low) || otherTopic(t.kind, low) {
			continue
		}
		start := r.doc.Blocks[at.block].Start + r.runes(at.block, at.span.start)
		r.doc.Topics = append(r.doc.Topics, Topic{Kind: t.kind, Quote: at.text, Start: start, End: start + len([]rune(at.text))})
	}
}

// Words of sentences in which those of a topic say something else: deleting
// cookies is no right to erasure, and who discloses data to "protect against
// misuse" when the law asks for it secures none.
var (
	browserWords = []string{"browser", "cookie"}
	heldWords    = []string{"account", "profile", "personal", "right", "your information", "your data"}
	lawWords     = []string{"legal process", "subpoena", "court order", "comply with the law", "comply with applicable law", "comply with law", "required by law", "law enforcement"}
	secureWords  = []string{"encrypt", "ssl", "tls", "firewall", "safeguard", "secure ", "measures", "security of"}
)

// otherTopic reports whether a sentence holds the words of a topic and is about
// another.
func otherTopic(kind, low string) bool {
	switch kind {
	case "rights":
		return holdsAny(low, browserWords) && !holdsAny(low, heldWords)
	case "security":
		return holdsAny(low, lawWords) && !holdsAny(low, secureWords)
	}
	return false
}
