package policy

import (
	"sort"
	"strings"
	"sync"

	"candor/rules"
)

// lexicon is a rule set made ready for reading: its phrases as tries over
// words. It is built once for each set and never changed.
type lexicon struct {
	set        *rules.Set
	data       *trie // on singulars
	purposes   *trie // on stems
	recipients *trie // on singulars
	names      *trie // on lower case
	generic    map[string]bool
	abstract   map[string]bool

	tongueMu sync.Mutex
	tongues  map[string]*tongue // other languages than English, built when first read
	books    map[string]*book   // wordings of elements by language, built when first read
}

type trie struct {
	next map[string]*trie
	ids  []entry
}

type entry struct {
	id, kind, text string
	ambiguous      bool
}

func (t *trie) add(words []string, e entry) {
	if len(words) == 0 {
		return
	}
	for _, w := range words {
		if t.next == nil {
			t.next = make(map[string]*trie)
		}
		n := t.next[w]
		if n == nil {
			n = &trie{}
			t.next[w] = n
		}
		t = n
	}
	t.ids = append(t.ids, e)
}

// longest returns the entries of the longest phrase that starts at i, and its
// length in tokens.
func (t *trie) longest(words []string, i int) ([]entry, int) {
	var best []entry
	length := 0
	for j := i; j < len(words); j++ {
		if t = t.next[words[j]]; t == nil {
			break
		}
		if len(t.ids) > 0 {
			best, length = t.ids, j-i+1
		}
	}
	return best, length
}

// fillers may stand inside a phrase without changing it: "the type of your
// browser", "the pages that you view".
var fillers = wordSet("your the that which")

// longestLoose is longest, with fillers inside the phrase passed over where the
// phrase does not have them itself.
func (t *trie) longestLoose(words []string, i int) ([]entry, int) {
	best, length := []entry(nil), 0
	var walk func(t *trie, j int)
	walk = func(t *trie, j int) {
		if len(t.ids) > 0 && j-i > length {
			best, length = t.ids, j-i
		}
		if j >= len(words) {
			return
		}
		if n := t.next[words[j]]; n != nil {
			walk(n, j+1)
		}
		if after := afterShort(words, j); j > i && after < len(words) {
			if n := t.next[words[after]]; n != nil {
				walk(n, after+1)
			}
		}
		if j > i && fillers[words[j]] && !fillers[words[j-1]] {
			if j+1 < len(words) {
				if n := t.next[words[j+1]]; n != nil {
					walk(n, j+2)
				}
			}
		}
	}
	walk(t, i)
	return best, length
}

// afterShort is where words go on behind a short form in brackets that begins at
// j: "internet protocol ("IP") address". It is out of range when none does.
func afterShort(words []string, j int) int {
	if words[j] != "(" {
		return len(words)
	}
	for k := j + 2; k < len(words) && k <= j+4; k++ {
		if words[k] == ")" {
			return k + 1
		}
	}
	return len(words)
}

var (
	lexMu    sync.Mutex
	lexicons = make(map[*rules.Set]*lexicon)
)

// lexiconFor builds a set's lexicon once. At most a few sets live in a process;
// a test that makes many does not grow it without bound.
func lexiconFor(set *rules.Set) *lexicon {
	lexMu.Lock()
	defer lexMu.Unlock()
	if l := lexicons[set]; l != nil {
		return l
	}
	if len(lexicons) >= 4 {
		clear(lexicons)
	}
	l := buildLexicon(set)
	lexicons[set] = l
	return l
}

func buildLexicon(set *rules.Set) *lexicon {
	l := &lexicon{
		set: set, data: &trie{}, purposes: &trie{}, recipients: &trie{}, names: &trie{},
		generic: make(map[string]bool), abstract: make(map[string]bool),
	}
	if set == nil {
		return l
	}
	if set.Terms != nil {
		for _, d := range set.Terms.DataTypes {
			l.abstract[d.ID] = d.Abstract
			for _, p := range d.Phrases {
				l.data.add(norms(tokenize(p)), entry{id: d.ID, text: p})
			}
		}
		for _, p := range set.Terms.Purposes {
			for _, phrase := range p.Phrases {
				l.purposes.add(stems(tokenize(phrase)), entry{id: p.ID})
			}
		}
		for _, r := range set.Terms.Recipients {
			l.generic[r.ID] = r.Generic
			for _, p := range r.Phrases {
				l.recipients.add(norms(tokenize(p)), entry{id: r.ID, kind: "category"})
			}
		}
	}
	for _, p := range notData {
		l.data.add(norms(tokenize(p)), entry{})
	}
	for _, p := range notRecipients {
		l.recipients.add(norms(tokenize(p)), entry{})
	}
	for _, n := range set.Names() {
		l.names.add(lows(tokenize(n.Text)), entry{id: n.ID, kind: n.Kind, text: n.Text, ambiguous: n.Ambiguous || shortName(n.Text)})
	}
	l.names.sort()
	return l
}

// shortName are names of one or two letters ("X"): words as much as names.
func shortName(s string) bool { return len(s) < 3 }

// sort puts vendors before companies and plain names before ambiguous ones, so
// that the first entry is the one to take.
func (t *trie) sort() {
	sort.SliceStable(t.ids, func(i, j int) bool {
		a, b := t.ids[i], t.ids[j]
		if a.ambiguous != b.ambiguous {
			return b.ambiguous
		}
		if a.kind != b.kind {
			return a.kind > b.kind
		}
		return a.id < b.id
	})
	for _, n := range t.next {
		n.sort()
	}
}

func norms(toks []token) []string {
	out := make([]string, len(toks))
	for i, t := range toks {
		out[i] = t.norm
	}
	return out
}

func lows(toks []token) []string {
	out := make([]string, len(toks))
	for i, t := range toks {
		out[i] = t.low
	}
	return out
}

func stems(toks []token) []string {
	out := make([]string, len(toks))
	for i, t := range toks {
		out[i] = stem(t.low)
	}
	return out
}

// notData are longer phrases in which a data word means something else.
var notData = []string{
	"information security", "data security", "data protection", "data controller", "data processor", "data subject", "data breach",
	"data retention", "information practices", "data practices", "privacy information", "data transfer", "data exporter",
	"more information", "further information", "additional information about this", "for information", "contact information below",
	"further details", "more details", "data center", "data protection officer", "data protection authority", "information technology",
	"data protection law", "password protected", "password-protected", "data privacy", "information commissioner", "data processing agreement", "brand name", "trade name", "product name",
	"business address", "our address", "following address", "address below", "email us", "mail us", "email address below", "our email", "by email", "via email",
	"by e mail", "by phone", "by telephone", "by mail", "by post", "good faith", "legitimate interest", "best interest", "vital interest", "public interest",
	"in the name of", "name of this", "cookie policy", "cookies policy", "cookie notice", "cookie settings", "cookie preferences", "cookie banner", "cookie consent",
	"cookie statement", "information in this policy", "information contained in this", "the following information applies", "location of our", "browser settings",
	"corporate transaction", "address these", "email communications", "marketing email", "promotional email", "email newsletter", "email message",
	"contact information provided", "your browser", "web browser", "browser window", "the browser", "internet browser", "most browsers", "some browsers",
	"information about our", "information about products", "information about us", "information about the products", "information about this",
	"information about new", "information about special", "information on our", "information regarding our", "information about other", "information about your rights",
	"information about services", "information about cookies", "information about how we", "information about how to", "information about their", "information about these",
	"information about these third parties", "mailing address below", "phone number below", "telephone number below", "safety of data", "data protection regulation",
	"health and safety", "health or safety", "health , safety", "health , welfare", "safety and health", "public health", "credit card processing", "credit card or other payment processing", "payment processing", "credit card processor", "credit card company", "payment card industry", "system password", "password protection", "password only", "email update", "email notification", "email alert", "email campaign", "phone call", "phone message", "telephone call", "mailing address:", "address:", "email:", "phone:", "tel:", "telephone:", "united states of america", "post a comment",
}

// notRecipients are phrases in which a recipient's word means something else.
var notRecipients = []string{
	"third party cookie", "third party cookies", "third party link", "third party links", "parties to", "third party content", "data provider agreement",
	"internet service provider", "browser provider", "partner with", "court order", "government issued", "government id", "government identifier", "internet provider",
	"affiliate program", "other sites that", "social media information", "social media account", "social media data", "social media profile", "bank account",
	"government agency id", "contact our data protection officer", "bank details", "bank information", "agent designated", "authorized agent", "authorised agent",
	"user agent", "supervisory authority", "managing authority", "insurance company information", "your employer name", "subsidiaries of third party", "affiliated with", "our bank",
	"advertiser id", "advertiser identifier",
}

// weakData are words that name data only in a list of data: "country" alone is
// where somebody lives, "post" is what somebody does.
var weakData = wordSet(`browser city country region age sex race video image post comment review message school degree education
	employment income treatment phone email telephone carrier interest preference camera feedback zip picture identifier interaction
	click address language purchase name profession occupation communication location gender contacts keyword transaction correspondence
	attachment contact pin faith disability pregnancy symptom diagnosis passport alias`)

// nameTails follow a company's name and mark a word as one.
var nameTails = wordSet("inc llc ltd corp corporation gmbh limited plc pixel tag sdk cookies cookie analytics ads platform's privacy's service services")

// lawyers' words and the like that start with a capital but name no company.
var notNames = wordSet(`we you our your the this these those they it us privacy policy notice statement terms service services site website
	internet web i eu eea uk us usa u.s california nevada virginia colorado european union united states state gdpr ccpa cpra coppa hipaa
	personal information data cookies cookie company act section article law please january february march april may june july august
	september october november december monday inc llc ltd if when for in on at by and or to from as with information user users customers
	all any some other others ip url http https html pdf faq ssl tls gps id ids api app apps application email e phone pci dss sms third
	parties party partners providers service provider first last name address number device browser mobile account content payment
	customer support contact help legal security children child google's member members consumers consumer residents online platform
	products product services sites however also such most more no not do does will`)

func isNotName(s string) bool { return notNames[strings.ToLower(s)] }
