package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Who receives data is said with a few names and a great many descriptions:
// "hosting companies", "credit reference agencies". What the terms list is
// found first; descriptions are told by the noun that they end in.

// orgHeads are nouns that descriptions of recipients end in, with the category
// that they have by themselves.
var orgHeads = map[string]string{
	"companies": "third_parties", "organizations": "third_parties", "organisations": "third_parties", "institutions": "third_parties", "entities": "third_parties",
	"firms": "third_parties", "businesses": "third_parties", "parties": "third_parties", "brands": "third_parties", "associations": "third_parties", "bodies": "third_parties",
	"agencies": "third_parties", "authorities": "government", "regulators": "government", "courts": "government",
	"providers": "service_providers", "vendors": "vendors", "contractors": "service_providers", "subcontractors": "service_providers", "suppliers": "service_providers",
	"advisors": "service_providers", "advisers": "service_providers", "consultants": "service_providers", "lawyers": "service_providers", "auditors": "service_providers",
	"accountants": "service_providers", "bankers": "service_providers", "insurers": "service_providers", "agents": "service_providers", "processors": "service_providers",
	"partners": "business_partners", "sponsors": "advertising_partners", "advertisers": "advertising_partners", "networks": "third_parties", "platforms": "third_parties",
	"gateways": "payment_processors", "carriers": "delivery_companies", "couriers": "delivery_companies", "registrars": "hosting_providers", "services": "service_providers",
	"manufacturers": "third_parties", "specialists": "service_providers", "experts": "service_providers", "administrators": "service_providers", "developers": "service_providers",
	"company": "third_parties", "provider": "service_providers", "agency": "third_parties", "institution": "third_parties", "partner": "business_partners",
}

// needsMore are heads that describe a recipient only with a modifier that
// tells which.
var needsMore = wordSet("manufacturers specialists experts administrators developers companies organizations organisations institutions entities firms businesses parties brands associations bodies agencies networks platforms services company provider agency institution partner gateways carriers agents")

// modifiers tell a category from the words before a head.
var modifiers = []struct {
	id    string
	words map[string]bool
}{
	{"payment_processors", wordSet("payment payments billing card banking bank transaction")},
	{"hosting_providers", wordSet("hosting cloud server storage infrastructure co-location colocation delivery-network cdn cdns")},
	{"analytics_providers", wordSet("analytics measurement statistics monitoring performance measuring recording crash reporting")},
	{"advertising_partners", wordSet("advertising ad ads marketing remarketing retargeting promotional advertisement")},
	{"social_networks", wordSet("social")},
	{"delivery_companies", wordSet("shipping delivery logistics courier fulfilment fulfillment postal mail-order")},
	{"communication_providers", wordSet("email messaging communications communication sms chat newsletter mailing call push notification")},
	{"security_providers", wordSet("security fraud identity verification anti-fraud cyber")},
	{"government", wordSet("government governmental regulatory public tax law supervisory enforcement relevant competent judicial")},
	{"data_brokers", wordSet("data-broker broker brokers")},
	{"affiliates", wordSet("group affiliated related sister parent subsidiary")},
	{"service_providers", wordSet("service it technology support professional legal financial consulting research survey collection reference insurance analytics-service technical outsourced outside external business intelligence debt credit customer")},
	{"third_parties", wordSet("gaming game app ecommerce e-commerce trading device handset other any third another unaffiliated independent outside selected trusted similar private educational academic charitable non-profit nonprofit partner")},
}

// findGroups marks descriptions of recipients that the terms do not list.
func (s *sentence) findGroups() {
	for i := range s.toks {
		id, ok := orgHeads[s.low(i)]
		if !ok || !s.toks[i].word || s.taken(i, i+1) {
			continue
		}
		start, described := i, false
		for start > 0 && i-start < 6 {
			w := s.low(start - 1)
			if !s.toks[start-1].word || s.taken(start-1, start) || verbs[w].lemma != "" && !in(w, "processing", "hosting", "monitoring", "tracking", "recording", "sharing", "sponsored") || auxiliaries[w] ||
				in(w, "and", "or", "to", "with", "by", "of", "for", "from", "on", "in", "at", "as", "our", "your", "their", "its", "the", "these", "those", "such", "any", "some", "certain", "all", "a", "an", "that", "we", "you", "including", "like", "is", "are", "following", "various", "many", "several", "use", "via", "through", "between", "these", "this", "his", "her", "own") {
				break
			}
			start--
			for _, m := range modifiers {
				if m.words[w] {
					id, described = m.id, true
					break
				}
			}
		}
		if !described && needsMore[s.low(i)] || s.low(i) == "services" && !s.afterSharing(start) && !s.listsProviders(start) {
			continue
		}
		if s.adjective(start, i-start+1) || s.isSelf(start, i-start+1) {
			continue
		}
		s.mentions = append(s.mentions, mention{start: start, end: i + 1, kind: mWho, id: id,
			ref: RecipientRef{Kind: "category", ID: id, Text: s.text[s.toks[start].start:s.toks[i].end]}})
	}
}

// afterSharing reports whether services that stand at a token receive rather
// than are offered: after "to", "with", "by", or in a list of recipients.
func (s *sentence) afterSharing(at int) bool {
	for t := at - 1; t >= 0 && t >= at-3; t-- {
		if in(s.low(t), "with", "by", "external", "third") {
			return true
		}
	}
	return in(s.low(at-1), "include", "including", "as") && s.endsNear(at-2) || s.provided(at)
}

// provided reports whether services are what others give, in a list of them:
// "firms that provide hosting services, mailing services and the like".
func (s *sentence) provided(at int) bool {
	for t := at - 1; t > 0 && t > at-24; t-- {
		w := s.low(t)
		if in(w, "provide", "provides", "providing", "perform", "offer") {
			return in(s.low(t-1), "that", "who", "which") && s.endsNear(t-2) || s.low(t-1) != "to" && s.endsNear(t-1)
		}
		if in(w, ";", ".", ":", "we", "you", "to", "for", "with") || auxiliaries[w] {
			return false
		}
	}
	return false
}

// listsProviders reports whether a sentence tells who the providers of the one
// before it are: "These include hosting services and security services".
func (s *sentence) listsProviders(at int) bool {
	if len(s.back) == 0 || !in(s.low(0), "these", "they", "those", "such") {
		return false
	}
	for t := 1; t < 6 && t < at; t++ {
		if in(s.low(t), "include", "includes", "are") {
			return true
		}
	}
	return false
}

func (s *sentence) endsNear(at int) bool {
	for _, m := range s.mentions {
		if m.kind == mWho && m.end <= at+1 && at-m.end < 6 {
			return true
		}
	}
	return false
}

// thing are nouns that a recipient's word before them only describes:
// "third-party websites" receive nothing.
var things = wordSet("website websites site sites web link links page pages content cookie cookies app apps application applications software product products platform platforms code library libraries ads ad advertisement advertisements login account accounts plugin plugins store names name handle handles presence channels material materials feature features policy policies technology technologies terms offers browser")

// publicEnds are words after which "the public" is somebody, and does not only
// describe: "the public web".
var publicEnds = wordSet("and or by through via in on at for to from with without if when as who that unless upon under using of about")

// adjective reports whether the words of a recipient only describe what follows.
func (s *sentence) adjective(start, n int) bool {
	last := s.low(start + n - 1)
	next := start + n
	if last == "public" {
		return next < len(s.toks) && s.toks[next].word && !publicEnds[s.low(next)] && !auxiliaries[s.low(next)] && verbs[s.low(next)].lemma == ""
	}
	if !in(last, "party", "third", "social", "provider", "partner", "affiliate", "vendor", "government", "agency", "network", "media") {
		return false
	}
	if in(s.low(next), "online", "mobile", "payment", "social", "web", "or", "/") {
		next++
	}
	return things[s.low(next)]
}

// isSelf reports whether a recipient's word is what the text calls itself.
func (s *sentence) isSelf(start, n int) bool {
	if !s.toks[start].cap || start+n > len(s.toks) {
		return false
	}
	return s.self[strings.ToLower(s.text[s.toks[start].start:s.toks[start+n-1].end])]
}

// receives collects who a sentence, item, heading or cell names as somebody
// who gets data.
func (r *reader) receives(at spot, s *sentence) {
	if len(r.doc.Recipients) >= maxSentences {
		return
	}
	r.namesInColumns(at, s)
	if r.loneName(at, s) {
		s.mentions = append(s.mentions, mention{start: 0, end: len(s.toks), kind: mWho, ref: RecipientRef{Kind: "named", Text: at.text}})
	}
	if !slices.ContainsFunc(s.mentions, func(m mention) bool { return m.kind == mWho }) {
		return
	}
	if r.body[at.block].header {
		return // "Provider" over a column is nobody
	}
	negated := s.deniedWho()
	for k, m := range s.mentions {
		if m.kind != mWho || negated[k] || s.aside(m) || s.askedFor(m.start) {
			continue
		}
		if r.commonWord(m.ref) || m.ref.Kind != "category" && (s.sourceOf(m) || r.whereToRefuse(at, s, m)) {
			continue
		}
		if m.ref.Kind == "category" && (r.body[at.block].kind == "heading" || !s.receiving(m)) {
			continue
		}
		start := r.doc.Blocks[at.block].Start + r.runes(at.block, at.span.start)
		r.doc.Recipients = append(r.doc.Recipients, Recipient{RecipientRef: m.ref, Quote: at.text, Start: start, End: start + len([]rune(at.text))})
	}
}

// commonWord reports whether an unknown name is made of words that the text
// writes in lower case elsewhere: "Clients", "Top Sellers".
func (r *reader) commonWord(ref RecipientRef) bool {
	if ref.Kind != "named" {
		return false
	}
	if r.common == nil {
		r.common = make(map[string]bool)
		for _, text := range strings.Fields(r.doc.Text) {
			if address(text) {
				continue // "www.acme.example" makes "Acme" no ordinary word
			}
			for _, w := range strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) }) {
				if c, _ := utf8.DecodeRuneInString(w); unicode.IsLower(c) {
					r.common[w] = true
				}
			}
		}
	}
	for _, w := range strings.Fields(strings.ToLower(ref.Text)) {
		if !r.common[w] {
			return false
		}
	}
	return true
}

// refusal are words of a choice against, and of the addresses where it is made.
var refusal = lazily(`(?i)\bopt(?:ing)?[- ]?out\b|\bunsubscribe\b`)
var refusalAddress = lazily(`(?i)^\W*(?:https?://|www\.)\S*(?:opt-?out|settings|preferences|privacy|ads|choices)\S*\W*$`)

// whereToRefuse reports whether a line names a company only as where it may be
// told no: an item of "you can opt out here:", a name with the address of its
// settings.
func (r *reader) whereToRefuse(at spot, s *sentence, m mention) bool {
	if s.hands(m) {
		return false
	}
	p := r.body[at.block]
	if p.kind == "item" && len(p.lead) <= maxLead && refusal.get().MatchString(p.lead) && !s.actsLikeVendor(m.end) {
		return true
	}
	return m.start == 0 && refusalAddress.get().MatchString(s.text[s.toks[m.end-1].end:])
}

// address reports whether a word is an address of the web or of mail.
func address(word string) bool {
	word = strings.TrimRight(word, ".,;:!?)\"'”’")
	return strings.ContainsAny(word, "@") || strings.Contains(word, "://") || strings.HasPrefix(strings.ToLower(word), "www.") || strings.Count(strings.Trim(word, "."), ".") > 0 && strings.Contains(word, "/")
}

// sourceOf reports whether data come from a name rather than go to it: "we
// obtain data from sites such as Facebook".
func (s *sentence) sourceOf(m mention) bool {
	for t := m.start - 1; t >= 0 && t >= m.start-16; t-- {
		v := verbs[s.low(t)]
		switch {
		case s.low(t) == ";", handsOut[v.action], v.action == verbEmbed, v.action == verbAllow, s.low(t) == "to", s.low(t) == "by":
			return false
		case s.low(t) == "from":
			return true
		}
	}
	return false
}

// loneName reports whether an item of a list of recipients is a name that the
// knowledge base lacks and nothing else.
func (r *reader) loneName(at spot, s *sentence) bool {
	p := r.body[at.block]
	if p.kind != "item" || p.lead == "" || len(p.lead) > maxLead || len(s.mentions) > 0 || s.properName(0) != len(s.toks) || r.namesTerm(s) {
		return false
	}
	lead := r.lex.sentence(p.lead, 0, at.self)
	for _, m := range lead.mentions {
		if m.kind == mWho {
			return true
		}
	}
	return false
}

// namesInColumns marks the names in the cells of a column of providers or
// recipients that the knowledge base lacks.
func (r *reader) namesInColumns(at spot, s *sentence) {
	p := r.body[at.block]
	if p.kind != "row" || p.header {
		return
	}
	from := 0
	for c, cell := range p.cells {
		i := strings.Index(s.text[from:], cell)
		if i < 0 || cell == "" {
			continue
		}
		start, end := from+i, from+i+len(cell)
		from = end
		if c >= len(p.columns) || !namesWho(p.columns[c]) {
			continue
		}
		own := r.lex.sentence(cell, 0, at.self)
		n := own.properName(0)
		if n == 0 || n != len(own.toks) || len(own.mentions) > 0 || r.namesTerm(own) || at.self[strings.ToLower(cell)] || own.loud() {
			continue
		}
		for t := range s.toks {
			if s.toks[t].start == start && t+n <= len(s.toks) && !s.taken(t, t+n) {
				s.mentions = append(s.mentions, mention{start: t, end: t + n, kind: mWho, ref: RecipientRef{Kind: "named", Text: s.text[start:end]}})
			}
		}
	}
	s.sort()
}

// namesWho reports whether the head of a column says that its cells name who
// sets cookies or gets data.
func namesWho(head string) bool {
	low := strings.ToLower(strings.TrimSpace(head))
	return in(low, "provider", "providers", "vendor", "vendors", "supplier", "company", "third party", "third parties", "set by", "cookie provider", "service provider", "processor", "subprocessor", "sub-processor", "partner", "recipient", "recipients", "name of provider", "name of recipient", "third party provider", "third-party provider")
}

// namesTerm reports whether a text is a term of the lists, of any kind.
func (r *reader) namesTerm(s *sentence) bool {
	_, data := r.lex.data.longest(s.norm, 0)
	_, purpose := r.lex.purposes.longest(stems(s.toks), 0)
	return data > 0 || purpose > 0
}

// deniedWho are the recipients that a denial says get nothing.
func (s *sentence) deniedWho() map[int]bool {
	out := make(map[int]bool)
	for _, p := range s.predicates() {
		_, exception := s.condition(p)
		if !p.negated {
			continue
		}
		for _, k := range append(append([]int(nil), p.to...), p.who...) {
			if k >= 0 && (exception < 0 || s.mentions[k].start < exception) {
				out[k] = true
			}
		}
	}
	return out
}

// disclaimers are words of sentences that speak of others for whom the text
// does not answer.
var disclaimers = []string{"not responsible", "does not apply", "do not apply", "no control", "not control", "not liable", "no responsibility", "does not cover", "do not cover", "held responsible",
	"responsibility for", "privacy policy of", "privacy policies of", "terms of use of", "encourage you to"}

func (s *sentence) disclaims() bool {
	low := strings.ToLower(s.text)
	for _, d := range disclaimers {
		if strings.Contains(low, d) {
			return true
		}
	}
	return false
}

// aside reports whether a name only says where something is: "your Google
// account", "Google's privacy policy".
func (s *sentence) aside(m mention) bool {
	last := s.toks[m.end-1]
	if m.ref.Kind != "category" && s.policyLine(m) {
		return false
	}
	if m.ref.Kind != "category" && (strings.HasSuffix(strings.ToLower(last.raw), "'s") || strings.HasSuffix(strings.ToLower(last.raw), "’s")) {
		return true
	}
	if m.ref.Kind != "category" && (in(last.low, "account", "login", "signin") || s.ofAccount(m.end)) {
		return true
	}
	if m.ref.Kind != "category" && in(s.low(m.end), "account", "accounts", "login", "store", "id", "advertising", "terms", "browser", "chrome", "device", "devices", "app") && s.low(m.end+1) != "partners" {
		return true
	}
	if m.ref.Kind == "category" {
		return s.disclaims()
	}
	low := strings.ToLower(s.text)
	for _, w := range []string{"privacy policy", "privacy policies", "more information", "learn more", "opt out", "opt-out", "read more", "created using", "generated by", "log in with", "login with", "sign in with", "sign up with", "privacy & terms", "log in to", "post to"} {
		if strings.Contains(low, w) && !s.hands(m) {
			return true
		}
	}
	return false
}

// ofAccount reports whether a row of names goes on to "account" or the like:
// "your Twitter or Facebook account".
func (s *sentence) ofAccount(at int) bool {
	for t := at; t < len(s.toks) && t < at+6; t++ {
		if in(s.low(t), "account", "accounts", "profile", "profiles", "handle", "logins", "credentials", "button", "buttons", "post", "page") {
			return true
		}
		if !in(s.low(t), "or", "and", ",", "/") && !s.toks[t].cap {
			return false
		}
	}
	return false
}

// hands reports whether a name is what a verb hands data to, or lets in.
func (s *sentence) hands(m mention) bool {
	for t := m.start - 1; t >= 0 && t >= m.start-14; t-- {
		if v := verbs[s.low(t)]; v.action == actShare || v.action == actDisclose || v.action == actSell || v.action == actTransfer || v.action == verbEmbed || v.lemma == "use" && !in(s.low(t-1), "", ",", "to", "please", "can", "you") {
			return true
		}
	}
	return false
}

func (s *sentence) mentionsAny(words ...string) bool {
	for i := range s.toks {
		if in(s.low(i), words...) {
			return true
		}
	}
	return false
}

// receiving reports whether a kind of recipient stands where one gets data: as
// what a verb hands to, as who acts, or in a list without a verb.
func (s *sentence) receiving(m mention) bool {
	for t := m.start - 1; t >= 0 && t >= m.start-2; t-- {
		if in(s.low(t), "from", "of", "across", "against", "than", "belong", "between") {
			return false // where data come from, or whose they are
		}
	}
	if s.opensWithReceivers(m) {
		return true
	}
	if m.id == "government" && in(s.low(m.start-1), "a", "your", "the", "local", "to") && s.mentionsAny("complaint", "complain", "lodge") {
		return false
	}
	finite := false
	for i, t := range s.toks {
		v, ok := verbs[t.low]
		finite = finite || ok && v.form != 'g' && !s.takenBy(i, mWho) || auxiliaries[t.low]
	}
	if !finite {
		return true
	}
	for t := m.start - 1; t >= 0 && t >= m.start-45; t-- {
		w := s.low(t)
		if w == ";" {
			break
		}
		if v := verbs[w]; v.lemma != "" && !in(v.action, actProtect) {
			return true
		}
		if nominals[w] != "" || in(w, "access", "accessible", "available", "communicated", "communicate", "entrusted", "outsource", "outsourced", "disclosures", "transfers", "recipient", "recipients", "reported", "acquired", "merged", "visible", "published", "hosted", "provided", "partnered", "help", "employ", "appoint", "retain", "assist") {
			return true
		}
	}
	if s.givenToThem(m.end) {
		return true
	}
	// Who acts: "advertisers may set cookies".
	for t := m.end; t < len(s.toks) && t < m.end+8; t++ {
		if v := verbs[s.low(t)]; v.lemma != "" {
			return true
		}
	}
	return false
}

// opensWithReceivers reports whether a text begins with those whom a lead-in
// hands data to: "(b) to contractors and agents whom we use".
func (s *sentence) opensWithReceivers(m mention) bool {
	t := s.from
	for t < m.start && t < s.from+6 && !in(s.low(t), "to", "with") && (!s.toks[t].word || len(s.toks[t].raw) < 3 || s.toks[t].raw[0] <= '9') {
		t++
	}
	if !in(s.low(t), "to", "with") {
		return false
	}
	for t++; t < m.start; t++ {
		if !s.takenBy(t, mWho) && !beforeReceivers[s.low(t)] {
			return false
		}
	}
	return true
}

// beforeReceivers are words between "to" and who receives.
var beforeReceivers = wordSet(", and or ; a an any all our the other certain such these those relevant selected trusted authorized authorised appropriate various potential prospective third some its their")

// givenToThem reports whether a text goes on to what it gives to those whom it
// has named: "such firms have own policies for the data that we provide to them".
func (s *sentence) givenToThem(from int) bool {
	for t := from; t+1 < len(s.toks); t++ {
		if s.low(t+1) == "them" && in(s.low(t), "to", "with") && handsOut[verbs[s.low(t-1)].action] {
			return true
		}
	}
	return false
}
