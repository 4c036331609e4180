package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
)

// The kinds of cookies are neither recipients nor data types, so limits on them
// are read from the sentence's own words.
var (
	cookieWord    = newPhrase(`(?i)\bcookies?\b|\btrack(ers?|ing)\b|[a-zß-ÿ-]cookies?\b|\btraceurs?\b`)
	onlyNecessary = newPhrase(`(?i)\b(only|solely|just|exclusively)\b[^.;]{0,40}\b(necessary|essential|technical|technically required|functional)\b[^.;]{0,40}\bcookies?\b|\bcookies?\b[^.;]{0,60}\b(only|solely|limited to|restricted to)\b[^.;]{0,40}\b(necessary|essential|technical)\b|` +
		`\b(nur|ausschließlich|lediglich)\b[^.;]{0,40}(notwendig|erforderlich|essen[tz]iell|technisch)[^.;]{0,40}cookies?\b|\b(uniquement|seulement|exclusivement|que)\b[^.;]{0,40}\b(cookies?|traceurs?)\b[^.;]{0,40}(nécessaires|essentiels|techniques|indispensables)|\b(cookies?|traceurs?)\b[^.;]{0,40}(nécessaires|essentiels|techniques|indispensables)[^.;]{0,20}\b(uniquement|seulement|exclusivement)\b|` +
		`\b(s[oó]lo|solamente|únicamente|exclusivamente)\b[^.;]{0,40}\bcookies?\b[^.;]{0,40}(necesarias|técnicas|esenciales)`)
	// allNecessary counts in sentences that were read as a limit.
	allNecessary = newPhrase(`(?i)\b(necessary|essential)\s+(\w+\s+){0,2}cookies\b|\bcookies\s+(\w+\s+){0,8}(are|is)\s+(\w+\s+){0,6}(necessary|essential)\b`)
	noTracking   = newPhrase(`(?i)\b(not|never|no|without)\b[^.;]{0,30}\b(track(ing|ers?)?|advertising|marketing|analytics|third[- ]party|non-essential|non-necessary)\b[^.;]{0,12}\b(cookies?|trackers?|tracking)\b|` +
		`\b(nicht|keine?|keinerlei|niemals|ohne)\b[^.;]{0,30}(tracking|werbe|werbung|marketing|analyse|statistik|drittanbieter|nicht notwendige)[^.;]{0,12}(cookies?|tracker)\b|\b(ne|n|aucun)\b[^.;]{0,40}\b(cookies?|traceurs?)\b[^.;]{0,20}(publicitaire|de mesure|analytique|\btiers\b|de suivi|marketing|de publicité)|` +
		`\b(no|ning[uú]n[ao]?|nunca)\b[^.;]{0,30}\bcookies?\b[^.;]{0,20}(publicitari|de publicidad|analític|de terceros|de seguimiento|de análisis|de marketing)`)
	noCookies  = newPhrase(`(?i)\b(not|never|no)\b\s+(set|use|place|store)?\s*(any\s+)?cookies?\b|\bkeine(rlei)?\s+cookies?\b|\b(aucun|pas\s+de)\s+(cookies?|traceurs?)\b|\bno\s+(utiliza|usa|instala|emplea)\p{L}*\s+(ninguna\s+)?cookies?\b`)
	adKind     = newPhrase(`(?i)\b(advertis|marketing|targeting)|\bwerb(e|ung)|publicitair|publicitari|publicité|publicidad`)
	statKind   = newPhrase(`(?i)\b(analytics?|statistic)|\banalyse-?cookies?|\bstatistik|mesure d|analytique|analític|estadístic|cookies? de análisis`)
	broadKind  = newPhrase(`(?i)\b(track|third[- ]party|non-?\s?(essential|necessary)|optional)|drittanbieter|cookies?\s+(de\s+)?tiers\b|traceurs?\s+tiers\b|cookies?\s+de\s+terceros|nicht\s+(notwendig|erforderlich|essen)|non\s+(essentiel|nécessaire)|no\s+(necesari|esencial)|cookies?\s+de\s+(suivi|seguimiento)`)
	oneKind    = newPhrase(`(?i)\b(advertis|marketing|targeting|analytics?|statistic)|\bwerb(e|ung)|publicitair|publicitari|publicité|publicidad|\banalyse-?cookies?|\bstatistik|mesure d|analytique|analític|estadístic`)
	thirdParty = newPhrase(`(?i)\bthird[- ]party\b|drittanbieter|cookies?\s+(de\s+)?tiers\b|traceurs?\s+tiers\b|cookies?\s+de\s+terceros`)
)

// limit is what a sentence allows of cookies.
type limit int

const (
	noLimit       limit = iota
	necessaryOnly       // only necessary ones, or no tracking ones
	noCookiesLeft       // none at all
)

// readLimit reads a limit on cookies from a sentence's own words, because the
// kinds of cookies are no recipients or data types.
func readLimit(st *policy.Statement) limit {
	if cookieWord.MatchString(st.Quote) && !st.Negated && st.Action == "place_cookies" && (broadKind.MatchString(st.Quote) || oneKind.MatchString(st.Quote)) && askedFirst(st) {
		return necessaryOnly // "we set analytics cookies only after you agree"
	}
	if !cookieWord.MatchString(st.Quote) || !(st.Negated || st.Only || onlyNecessary.MatchString(st.Quote)) {
		return noLimit
	}
	switch {
	case onlyNecessary.MatchString(st.Quote), !st.Negated && st.Only && st.Action == "place_cookies" && allNecessary.MatchString(st.Quote), st.Negated && noTracking.MatchString(st.Quote):
		return necessaryOnly
	case st.Negated && noCookies.MatchString(st.Quote) && (st.Action == "place_cookies" || st.Action == "use"):
		return noCookiesLeft
	}
	return noLimit
}

// askedFirst reports whether a sentence makes something depend on consent.
func askedFirst(st *policy.Statement) bool {
	words := st.Condition
	if words == "" {
		words = st.Quote
	}
	return consentWords.MatchString(words) && limiting.MatchString(words+" "+st.Quote)
}

// outside returns the cookies that a limit rules out and that were seen where
// it applies.
func (m *Matcher) outside(st *statement) []flow.Cookie {
	kind, kinds, third := st.limit, st.kinds, st.third
	var out []flow.Cookie
	for _, c := range m.in.Seen.Cookies {
		if condition(st, &flow.Flow{States: c.States}) != applies || !onPlace(st, c.Pages) {
			continue
		}
		switch {
		case m.consentTool(c.Vendor):
		case third && c.Party == flow.Third && c.Purpose != "necessary",
			!third && kind == necessaryOnly && (c.Purpose == "analytics" || c.Purpose == "advertising") && slices.Contains(kinds, c.Purpose),
			kind == noCookiesLeft && c.Purpose != "necessary":
			out = append(out, c)
		}
	}
	return out
}

// thirdOnly reports whether a limit speaks of third-party cookies alone.
func thirdOnly(st *statement) bool {
	return thirdParty.MatchString(st.Quote) && !onlyNecessary.MatchString(st.Quote)
}

func (m *Matcher) consentTool(vendor string) bool {
	v := m.vendors[vendor]
	return v != nil && overlap(v.Categories, []string{"consent", "bot_defence"})
}

func (m *Matcher) cookiePromise(st *statement) Promise {
	if why := scoped(st); why != "" {
		return Promise{Verdict: notTestable, Why: why}
	}
	if st.place != "" {
		return m.placePromise(st)
	}
	hits := m.outside(st)
	unknown := slices.ContainsFunc(m.in.Seen.Cookies, func(c flow.Cookie) bool { return c.Purpose == "unknown" && onPlace(st, c.Pages) })
	switch {
	case len(hits) > 0:
		return Promise{Verdict: broken, Flows: m.cookieFlows(hits), Why: fmt.Sprintf("Observed: %s.", cookieNames(hits))}
	case st.Condition != "" && !consentWords.MatchString(st.Condition):
		return Promise{Verdict: notTestable, Why: fmt.Sprintf("It has an exception (“%s”) that a scan cannot judge.", st.Condition)}
	case len(m.in.Seen.Cookies) == 0:
		if len(m.in.Pages) > 0 && st.limit == noCookiesLeft {
			return Promise{Verdict: kept, Why: fmt.Sprintf("On %s no cookie was set.", m.visits())}
		}
		return Promise{Verdict: notObserved, Why: "No cookie was seen."}
	case unknown:
		return Promise{Verdict: notObserved, Why: "What some of the observed cookies are for is not known."}
	case st.when == withoutConsent && !m.sawWithout():
		return Promise{Verdict: notObserved, Why: "No page was visited without consent."}
	}
	return Promise{Verdict: kept, Why: fmt.Sprintf("%s within it, on %s.", countOf(len(m.in.Seen.Cookies), "All %d cookies stay", "The one cookie stays"), m.visits())}
}

// placePromise tests a limit for one part of the site. A cookie that was there
// before is not set again on each page, so identifiers that were sent count too.
func (m *Matcher) placePromise(st *statement) Promise {
	visited := map[string]bool{}
	for _, p := range m.in.Pages {
		if p.Ended != "failed" && onPlace(st, []string{p.URL}) {
			visited[p.URL] = true
		}
	}
	sent := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.DataTypes[0] == "cookie_identifier" && f.Confidence != flow.Indirect && onPlace(st, f.Pages) &&
			condition(st, f) == applies && (st.limit == noCookiesLeft || overlap(m.categories(f), st.kinds))
	})
	switch hits := m.outside(st); {
	case len(hits) > 0:
		return Promise{Verdict: broken, Flows: m.cookieFlows(hits), Why: fmt.Sprintf("Observed: %s.", cookieNames(hits))}
	case len(sent) > 0:
		return Promise{Verdict: broken, Flows: ids(sent), Why: fmt.Sprintf("Observed there: %s.", m.describe(sent))}
	case len(visited) == 0:
		return Promise{Verdict: notObserved, Why: "No page of that part of the site was visited."}
	}
	return Promise{Verdict: kept, Why: fmt.Sprintf("No such cookie was set and no identifier sent on %s of that part of the site (“%s”).", countOf(len(visited), "%d pages", "the one visited page"), st.place)}
}

// cookieFlows returns the flows that show these cookies.
func (m *Matcher) cookieFlows(cookies []flow.Cookie) []string {
	var out []string
	for _, f := range m.in.Seen.Flows {
		if slices.ContainsFunc(cookies, func(c flow.Cookie) bool { return slices.Contains(f.Evidence, c.ID) }) {
			out = append(out, f.ID)
		}
	}
	return out
}

func cookieNames(cookies []flow.Cookie) string {
	names := []string{}
	for _, c := range cookies {
		name := c.Name
		if c.Purpose != "unknown" {
			name += " (" + c.Purpose + ")"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(names) - 6; more > 0 {
		names = append(names[:6:6], fmt.Sprintf("%d more", more))
	}
	return list(names)
}

// beyond reports whether a cookie of the site lives longer than a sentence says.
func beyond(c *flow.Cookie, st *statement) bool {
	return c.Party == flow.First && tooLong(c.LifetimeDays, float64(st.RetentionDays), 1.05, 1)
}

// lifetimePromise tests "our cookies expire after 30 days".
func (m *Matcher) lifetimePromise(st *statement) Promise {
	var own, longer []flow.Cookie
	for _, c := range m.in.Seen.Cookies {
		if c.Party == flow.First && c.LifetimeDays >= 0 {
			own = append(own, c)
			if beyond(&c, st) {
				longer = append(longer, c)
			}
		}
	}
	switch {
	case scoped(st) != "":
		return Promise{Verdict: notTestable, Why: scoped(st)}
	case len(longer) > 0:
		return Promise{Verdict: broken, Flows: m.cookieFlows(longer), Why: fmt.Sprintf("Observed to live longer than %d days: %s.", st.RetentionDays, cookieNames(longer))}
	case len(own) > 0:
		return Promise{Verdict: kept, Why: fmt.Sprintf("%s set for more than %d days.", countOf(len(own), "None of the site's %d cookies was", "The site's one cookie was not"), st.RetentionDays)}
	}
	return Promise{Verdict: notObserved, Why: "The site's own domain set no cookie."}
}
