package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// result is what a comparison found out: either findings, or an outcome with
// its reason.
type result struct {
	outcome  Outcome
	why      string
	unseen   bool // not applicable because nothing of the kind was seen
	findings []Finding
}

// compare compares flows, statements and the rest for one rule. What the rule
// needs is there when it is called.
type compare func(m *Matcher, r *rules.Rule) result

// comparison is one of the closed set that rules name in "check".
type comparison struct {
	compare compare
	subject subject // what a rule's select narrows; "" for none
	params  params  // that a rule can give it
}

// comparisons by name. Each has a file of its own.
var comparisons = map[string]comparison{
	"after_choice":           {afterChoice, ofVendor, params{"state": aText, "stops": aText}},
	"age_screen":             {ageScreen, ofForm, nil},
	"anonymity_contradicted": {anonymityContradicted, ofFlow, params{"data": aTexts}},
	"applicants_told":        {applicantsTold, ofForm, params{"period": aTruth}},
	"banner_vendors":         {bannerVendors, ofVendor, nil},
	"basis_differs":          {basisDiffers, ofFlow, params{"basis": aText, "consent": aText, "missing_severity": aSeverity, "purposes": aTexts, "recipients": aTexts, "measures": aTexts, "exempt_days": aNumber}},
	"before_choice":          {beforeChoice, ofFlow, params{"purposes": aTexts, "recipients": aTexts, "measures": aTexts, "exempt_days": aNumber, "elsewhere": aTexts, "elements": aTexts, "ask": aTruth}},
	"behavior_undisclosed":   {behaviorUndisclosed, ofBehavior, params{"kinds": aTexts, "left": aTexts, "data": aTexts, "words": aTexts, "severity": aSeverities, "lesser": aSeverities, "calls": aText, "what": aText}},
	"categories_missing":     {categoriesMissing, ofFlow, params{"categories": aTexts, "recipients": aTruth, "window_days": aNumber, "sale": aTruth}},
	"child_denial":           {childDenial, ofNothing, nil},
	"child_recipients":       {childRecipients, ofFlow, params{"unnamed": aTruth}},
	"choice_kept":            {choiceKept, ofNothing, params{"days": aNumber, "states": aTexts}},
	"choice_offered":         {choiceOffered, ofNothing, params{"clicks": aNumber}},
	"claim_beside":           {claimBeside, ofFlow, params{"words": aTexts, "not": aTexts, "recipients": aTexts, "note": aText}},
	"collection_points":      {collectionPoints, ofNothing, params{"points": aGroups, "said": aGroups, "vendors": aGroups}},
	"collectors_untold":      {collectorsUntold, ofFlow, nil},
	"consent_string":         {consentString, ofNothing, nil},
	"control_without_effect": {controlWithoutEffect, ofNothing, nil},
	"cookie_class_differs":   {cookieClassDiffers, ofCookie, params{"stated": aTexts, "known": aTexts}},
	"cookie_controls_only":   {cookieControlsOnly, ofFlow, nil},
	"cookie_lifetime":        {cookieLifetime, ofCookie, params{"days": aNumber, "factor": aNumber}},
	"cookie_table_drift":     {cookieTableDrift, ofCookie, params{"ghost_severity": aSeverity}},
	"cookie_wall":            {cookieWall, ofNothing, nil},
	"data_undisclosed":       {dataUndisclosed, ofFlow, params{"sensitive_severity": aSeverity}},
	"denial_contradicted":    {denialContradicted, ofFlow, nil},
	"do_not_track":           {doNotTrack, ofVendor, params{"missing_severity": aSeverity}},
	"element_missing":        {elementMissing, ofNothing, params{"elements": aTexts, "kinds": aTexts, "any": aTruth, "ask": aTruth, "only_if_seen": aText, "in_language": aText}},
	"exemption_exceeded":     {exemptionExceeded, ofCookie, params{"days": aNumber, "claim": aText, "objection": aText}},
	"form_asks":              {formAsks, ofForm, params{"data": aTexts, "kinds": aTexts, "about": aTexts, "not": aTexts, "unsettled": aTexts, "notice": aTruth, "never": aTexts, "together": aTexts, "at_least": aNumber, "severity_on": aSeverities, "none": aText, "note": aText}},
	"form_by_get":            {formByGet, ofForm, params{"ignore": aTexts}},
	"form_consent":           {formConsent, ofForm, params{"customers": aTexts}},
	"form_undisclosed":       {formUndisclosed, ofForm, params{"sensitive_severity": aSeverity, "ignore": aTexts}},
	"host_uncovered":         {hostUncovered, ofNothing, params{"words": aTexts}},
	"hygiene":                {hygiene, ofCookie, params{"cookies_severity": aSeverity, "address_severity": aSeverity}},
	"labels_undisclosed":     {labelsUndisclosed, ofLabel, params{"places": aTexts, "kinds": aTexts, "scopes": aTexts, "labels": aTexts, "words": aTexts, "severity": aSeverities, "kept_severity": aSeverity}},
	"leak_before_submit":     {leakBeforeSubmit, ofNothing, params{"classes": aTexts, "data": aTexts, "lookups": aTexts, "works_for_us": aTexts, "words": aTexts, "own_severity": aSeverity}},
	"legitimate_interest":    {legitimateInterest, ofNothing, nil},
	"lifetime_over":          {lifetimeOver, ofCookie, params{"days": aNumber, "purposes": aTexts, "vendors": aTexts, "states": aTexts, "note": aText}},
	"link_missing":           {linkMissing, ofNothing, params{"on": aText, "texts": aTexts, "addresses": aTexts, "not": aTexts, "only_if": aText, "notice": aText, "as": aText}},
	"location_undisclosed":   {locationUndisclosed, ofFlow, params{"asked_severity": aSeverity}},
	"material_change":        {materialChange, ofFlow, nil},
	"minors_sharing":         {minorsSharing, ofFlow, nil},
	"oba_conditions":         {obaConditions, ofFlow, params{"told": aText, "places": aTexts}},
	"offer_asymmetry":        {offerAsymmetry, ofNothing, params{"min_area": aNumber, "min_contrast": aNumber, "stands_out": aNumber, "clicks": aTruth, "looks_severity": aSeverity}},
	"only_necessary_cookies": {onlyNecessaryCookies, ofCookie, nil},
	"open_findings":          {openFindings, ofNothing, params{"rules": aTexts}},
	"opt_out_link":           {optOutLink, ofFlow, nil},
	"opt_out_reach":          {optOutReach, ofNothing, nil},
	"opt_out_way":            {optOutWay, ofNothing, nil},
	"opt_out_untold":         {optOutUntold, ofFlow, nil},
	"personal_in_address":    {personalInAddress, ofFlow, params{"recipients": aTexts, "data": aTexts}},
	"policy_date":            {policyDate, ofNothing, params{"max_age_days": aNumber, "ahead_days": aNumber, "changes": aTruth}},
	"policy_unreadable":      {policyUnreadable, ofNothing, params{"min_words": aNumber}},
	"practice_changed":       {practiceChanged, ofFlow, nil},
	"preticked":              {preticked, ofNothing, nil},
	"prominent_statement":    {prominentStatement, ofNothing, params{"texts": aTexts, "addresses": aTexts, "not": aTexts, "words": aTexts, "top": aNumber}},
	"purpose_differs":        {purposeDiffers, ofFlow, params{"observed": aTexts, "enough": aTexts}},
	"purpose_limit":          {purposeLimit, ofFlow, params{"observed": aTexts}},
	"recipient_at_place": {recipientAtPlace, ofFlow, params{
		"places": aTexts, "kinds": aTexts, "recipients": aTexts, "data": aTexts, "before_choice": aTruth, "undisclosed": aTruth, "specific": aTruth, "works_for_us": aTexts,
		"review": aTexts, "severity": aSeverities, "for_person": aTruth, "per_site": aTruth, "note": aText,
	}},
	"recipient_undisclosed": {recipientUndisclosed, ofFlow, params{"severity": aSeverities}},
	"reject_first_layer":    {rejectFirstLayer, ofNothing, nil},
	"replay_undisclosed":    {replayUndisclosed, ofVendor, nil},
	"retention_told":        {retentionTold, ofNothing, params{"kinds": aTexts, "only_if_seen": aText}},
	"retention_unstated":    {retentionUnstated, ofNothing, params{"kinds": aTexts}},
	"review_process":        {reviewProcess, ofNothing, nil},
	"sale_denied":           {saleDenied, ofFlow, nil},
	"scripts_at_fields":     {scriptsAtFields, ofForm, params{"data": aTexts, "strangers": aTexts, "strangers_of": aGroups, "severity": aSeverities}},
	"security_scaled":       {securityScaled, ofForm, params{"sensitive": aTexts, "sensitive_severity": aSeverity, "scripts_severity": aSeverity, "strangers": aTexts}},
	"signal_explained":      {signalExplained, ofFlow, nil},
	"sensitive_fields":      {sensitiveFields, ofForm, params{"kinds": aTexts, "data": aTexts, "spared": aTexts}},
	"separate_consent":      {separateConsent, ofForm, params{"words": aTexts, "what": aText}},
	"signal_status":         {signalStatus, ofNothing, nil},
	"storage_undisclosed":   {storageUndisclosed, ofStorage, params{"words": aTexts, "cloak_words": aTexts, "respawn_severity": aSeverity}},
	"text_changed_silently": {textChangedSilently, ofNothing, params{"wider": aSeverity}},
	"texts_contradict":      {textsContradict, ofNothing, params{"between": aText}},
	"transfer_undisclosed":  {transferUndisclosed, ofFlow, params{"home": aTexts, "adequate": aTexts, "told": aText, "safeguard": aText, "stays": aText, "stays_severity": aSeverity, "place": aText}},
	"undeclinable":          {undeclinable, ofBehavior, params{"kinds": aTexts, "states": aTexts, "spared": aTexts}},
	"unencrypted":           {unencrypted, ofForm, params{"mixed_severity": aSeverity}},
	"vague_only":            {vagueOnly, ofFlow, params{"min_recipients": aNumber}},
	"vendor_unexplained":    {vendorUnexplained, ofVendor, params{"vendors": aTexts, "categories": aTexts, "besides": aTexts, "elements": aTexts, "words": aTexts, "what": aText, "note": aText}},
	"video_viewing":         {videoViewing, ofFlow, params{"recipients": aTexts, "titles": aTexts, "identifiers": aTexts}},
	"withdrawal":            {withdrawal, ofVendor, nil},
}

// Run runs every rule. Findings are sorted by severity, outcome (what differs
// first), rule and id;
// outcomes by rule id.
func (m *Matcher) Run() ([]Finding, []RuleOutcome) {
	findings, outcomes := []Finding{}, []RuleOutcome{}
	for _, r := range inTurn(m.in.Set.Rules) {
		res := m.run(r)
		for i := range res.findings {
			m.finish(&res.findings[i], r)
		}
		if n := len(res.findings); n > 0 {
			if res.findings = fold(res.findings); len(res.findings) < n {
				res.why = countOf(len(res.findings), "%d findings.", "One finding.")
			}
		}
		m.found[r.ID], m.outcome[r.ID] = res.findings, res.outcome
		findings = append(findings, res.findings...)
		outcomes = append(outcomes, RuleOutcome{ID: r.ID, Pack: r.Pack, Title: r.Title, Outcome: res.outcome, Why: res.why,
			Severity: r.Severity, Matters: r.Why, Remediation: r.Remediation, Basis: r.Basis, Owner: r.Owner})
	}
	findings = twins(findings, outcomes)
	SortFindings(findings)
	slices.SortFunc(outcomes, func(a, b RuleOutcome) int { return strings.Compare(a.ID, b.ID) })
	return findings, outcomes
}

// inTurn puts the rules that roll up what others found last.
func inTurn(all []*rules.Rule) []*rules.Rule {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *rules.Rule) int {
		turn := map[bool]int{true: 1}
		return turn[a.Check == "open_findings"] - turn[b.Check == "open_findings"]
	})
	return out
}

func (m *Matcher) run(r *rules.Rule) result {
	c, ok := comparisons[r.Check]
	if !ok {
		return result{outcome: NotTested, why: fmt.Sprintf("This version has no comparison %q.", r.Check)}
	}
	if ok, why := m.in.Set.Applies(r, m.in.Profile, m.in.At); !ok {
		return result{outcome: NotApplicable, why: why}
	}
	for _, need := range r.Needs {
		if why := m.lacks(need); why != "" {
			return result{outcome: NotTested, why: capital(why) + "."}
		}
	}
	narrowed, err := m.narrow(r, c.subject)
	if err != nil { // lint finds it before a scan begins
		return result{outcome: NotTested, why: capital(err.Error()) + "."}
	}
	res := m.sure(r.Check, c.compare(narrowed, r))
	if len(res.findings) > 0 {
		res.outcome = NeedsPerson
		if slices.ContainsFunc(res.findings, func(f Finding) bool { return f.Outcome == Differs }) {
			res.outcome = Differs
		}
		if res.why == "" {
			res.why = countOf(len(res.findings), "%d findings.", "One finding.")
		}
	}
	return res
}

// lacks says why a need is not met, "" when it is.
func (m *Matcher) lacks(need string) string {
	if state, ok := strings.CutPrefix(need, "state:"); ok {
		return m.untested(evidence.State(state))
	}
	switch need {
	case "policy":
		return m.untold()
	case "earlier":
		if m.in.Earlier == nil {
			return "no earlier scan was given"
		}
	case "notice":
		if len(m.in.Documents) == 0 {
			return "no policy was found"
		}
	case "pages", "cookies":
		if need == "cookies" && slices.Contains(m.in.Missing, "cookies") {
			return "the recording holds no cookies"
		}
		if !slices.ContainsFunc(m.in.Pages, func(p evidence.Page) bool { return p.Ended != "failed" }) {
			return "no page could be visited"
		}
	}
	return ""
}

// untested says why a state tells nothing, "" when it does.
func (m *Matcher) untested(s evidence.State) string {
	if len(m.in.Choices.States) > 0 {
		if st := m.in.Choices.Of(s); !st.Tested {
			return strings.TrimSuffix(lowerFirst(st.Why), ".")
		}
		return ""
	}
	if !slices.ContainsFunc(m.in.Pages, func(p evidence.Page) bool { return p.State == s && p.Ended != "failed" }) {
		return fmt.Sprintf("the state %s was not visited", s)
	}
	return ""
}

func lowerFirst(s string) string {
	for _, start := range []string{"The ", "No "} {
		if strings.HasPrefix(s, start) {
			return strings.ToLower(start[:1]) + s[1:]
		}
	}
	return s
}

var severityRank = map[string]int{"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}

var outcomeRank = map[Outcome]int{Differs: 0, NeedsPerson: 1}

// maxShown bounds the pages and evidence of a finding.
const maxShown = 20

// finish fills in what all findings have, and lowers a severity to what the
// rule's caps allow. That it is medium at most where the confidence is indirect
// or the sighting was not repeated is the comparisons' own.
func (m *Matcher) finish(f *Finding, r *rules.Rule) {
	f.Rule, f.Pack = r.ID, r.Pack
	if f.Title == "" {
		f.Title = r.Title
	}
	if f.Remediation == "" {
		f.Remediation = strings.TrimSpace(r.Remediation)
	}
	if f.Severity == "" {
		f.Severity = r.Severity
	}
	f.Severity = m.cappedBy(r.Caps, f)
	if r.SuggestedText != "" {
		if text, err := suggestion(r.SuggestedText, m.said(f)); err == nil { // lint finds what is wrong with it
			f.SuggestedText = text
		}
	}
	for _, s := range []*[]string{&f.Recipients, &f.DataTypes, &f.Pages, &f.Evidence, &f.Statements} {
		if *s == nil {
			*s = []string{}
		}
	}
	if f.States == nil {
		f.States = []evidence.State{}
	}
	f.Pages = f.Pages[:min(len(f.Pages), maxShown)]
	f.Evidence = f.Evidence[:min(len(f.Evidence), maxShown)]
	if f.Fingerprint == "" {
		f.Fingerprint = fingerprint(r.ID, strings.Join(f.Recipients, ","))
	}
	f.ID = r.ID + "." + f.Fingerprint[:8]
}

// fingerprint is stable over scans: it holds what the finding is about, not
// where or when it was seen.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func capped(severity string, c flow.Confidence, sightings int) string {
	if (c == flow.Indirect || c == flow.TextWeak || sightings <= 1) && severityRank[severity] < severityRank["medium"] {
		return "medium"
	}
	return severity
}

var confidenceRank = map[flow.Confidence]int{flow.Direct: 0, flow.Strong: 1, flow.Indirect: 2, flow.TextWeak: 3}

// group is the flows to one recipient that a finding is about.
type group struct {
	flows []*flow.Flow
}

// byRecipient groups flows by recipient, sorted by its id.
func byRecipient(flows []*flow.Flow) []group {
	groups := map[string]*group{}
	for _, f := range flows {
		g := groups[f.Recipient.Vendor]
		if g == nil {
			g = &group{}
			groups[f.Recipient.Vendor] = g
		}
		g.flows = append(g.flows, f)
	}
	out := []group{}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, *groups[id])
	}
	return out
}

func (g group) recipient() flow.Recipient { return g.flows[0].Recipient }

// confidence is the strongest of the flows.
func (g group) confidence() flow.Confidence {
	best := flow.TextWeak
	for _, f := range g.flows {
		if confidenceRank[f.Confidence] < confidenceRank[best] {
			best = f.Confidence
		}
	}
	return best
}

// sightings is how often the strongest flows were seen: one request that
// carries five data types is one sighting.
func (g group) sightings() int {
	best, n := g.confidence(), 0
	for _, f := range g.flows {
		if f.Confidence == best {
			n = max(n, f.Sightings)
		}
	}
	return n
}

func (g group) dataTypes() []string {
	return union(g.flows, func(f *flow.Flow) []string { return f.DataTypes })
}

// finding starts a finding about the group.
func (g group) finding(severity string) Finding {
	states := []evidence.State{}
	for _, f := range g.flows {
		for _, s := range f.States {
			if !slices.Contains(states, s) {
				states = append(states, s)
			}
		}
	}
	flow.SortStates(states)
	c := g.confidence()
	return Finding{
		Outcome: Differs, Severity: capped(severity, c, g.sightings()), Confidence: string(c),
		Recipients: []string{g.recipient().Vendor}, DataTypes: g.dataTypes(), States: states,
		Pages:    union(g.flows, func(f *flow.Flow) []string { return f.Pages }),
		Evidence: union(g.flows, func(f *flow.Flow) []string { return []string{f.ID} }),
	}
}

func union(flows []*flow.Flow, get func(*flow.Flow) []string) []string {
	set := map[string]bool{}
	for _, f := range flows {
		for _, s := range get(f) {
			set[s] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// verdicts returns the statements of these flows' disclosures with a verdict.
func (m *Matcher) stated(flows []*flow.Flow, verdicts ...Verdict) []string {
	set := map[string]bool{}
	for _, f := range flows {
		if d := m.disclosed[f.ID]; slices.Contains(verdicts, d.Verdict) {
			for _, s := range d.Statements {
				set[s] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func (m *Matcher) quote(id string) string {
	for _, st := range m.statements {
		if st.ID == id {
			return clip(st.Quote, 200)
		}
	}
	return ""
}

// quotes writes what at most three statements say.
func (m *Matcher) quotes(ids []string) string {
	var out []string
	for _, id := range ids[:min(len(ids), 3)] {
		out = append(out, "“"+m.quote(id)+"”")
	}
	return list(out)
}

// clip shortens a quote at a word.
func clip(s string, n int) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) <= n {
		return string(runes)
	}
	cut := string(runes[:n])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return cut + " …"
}

// param reads a rule's parameter, or gives the default when it is not there.
func param[T any](r *rules.Rule, name string, fallback T) T {
	if v, ok := r.Params[name].(T); ok {
		return v
	}
	return fallback
}

// truth reads a parameter that is yes or no; without it no.
func truth(r *rules.Rule, name string) bool { return param(r, name, false) }

// number reads a number, which YAML may give as int or float64.
func number(r *rules.Rule, name string, fallback float64) float64 {
	switch v := r.Params[name].(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return fallback
}

// texts reads a list of texts.
func texts(r *rules.Rule, name string) []string {
	var out []string
	for _, v := range param(r, name, []any(nil)) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
