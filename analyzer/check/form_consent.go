package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

var (
	agreeWords     = newPhrase(`(?i)\b(?:agree|consent|accept|subscribe|sign\s+me\s+up|send\s+me|keep\s+me\s+(?:posted|updated|informed)|i\s+(?:would|want)|yes,?\s|opt\s+in|receive)|einwillig|zustimm|einverstanden|akzeptier|abonnier|erhalten|möchte|accepte|consens|consent|souhaite|recevoir|acept|consient|recibir|suscrib|aceito|concordo|receber|acconsent|accetto`)
	marketingWords = newPhrase(`(?i)newsletter|marketing|offers?\b|promotion|advert|news\b|updates?\s+(?:by|about|from|on)|partners?|third\s+part|werbung|angebote|neuigkeiten|partner|lettre|offres?|actualités|partenaires|publicit|boletín|ofertas|novedades|socios|promo`)
	termsWords     = newPhrase(`(?i)\bterms\b|conditions|privacy|policy|nutzungsbedingung|\bagb\b|datenschutz|conditions\s+générales|\bcgv?u?\b|confidentialit|términos|condiciones|privacidad|termos|privacidade|termini|condizioni`)
)

// formConsent finds forms in which a box that gives consent is ticked as it is
// shown, or in which one box agrees to terms and to marketing together. Boxes
// that remember something or choose a service give no consent. Params: customers
// (kinds of page on which people are customers already, so that national law
// may allow it: a person looks).
func formConsent(m *Matcher, r *rules.Rule) result {
	customers, boxes := texts(r, "customers"), 0
	type hit struct {
		form   flow.Form
		ticked []string
		both   []string
	}
	found := map[string]*hit{}
	order := []string{}
	at := func(f flow.Form) *hit {
		if found[f.ID] == nil {
			found[f.ID] = &hit{form: f}
			order = append(order, f.ID)
		}
		return found[f.ID]
	}
	seen := map[string]bool{}
	for _, f := range m.in.Seen.Forms {
		key := f.Page + "\x00" + f.Action + "\x00" + f.Heading
		if seen[key] {
			continue // the same form in another state
		}
		seen[key] = true
		for _, label := range f.Prechecked {
			boxes++
			if consentBox(label) {
				at(f).ticked = append(at(f).ticked, "“"+clip(label, 100)+"”")
			}
		}
		for _, x := range f.Fields {
			if x.Type != "checkbox" {
				continue
			}
			if !slices.Contains(f.Prechecked, x.Label) {
				boxes++
			}
			if agreeWords.MatchString(x.Label) && marketingWords.MatchString(x.Label) && termsWords.MatchString(x.Label) {
				at(f).both = append(at(f).both, "“"+clip(x.Label, 140)+"”")
			}
		}
	}
	switch {
	case boxes == 0:
		return result{outcome: NotApplicable, unseen: true, why: "No form with a check box was seen."}
	case len(found) == 0:
		return result{outcome: Matches, why: countOf(boxes, "None of the %d check boxes of forms that were seen gives consent before it is touched, or to two things at once.", "The one check box of a form that was seen does not give consent before it is touched, or to two things at once.")}
	}
	var res result
	for _, id := range order {
		h := found[id]
		f := Finding{
			Outcome: Differs, Severity: r.Severity, Confidence: string(flow.Direct), Recipients: []string{m.in.Site}, Pages: []string{h.form.Page}, Evidence: []string{id},
			Fingerprint: fingerprint(r.ID, h.form.Action, strings.Join(append(slices.Clone(h.ticked), h.both...), "\x00")),
		}
		var parts []string
		if len(h.ticked) > 0 {
			parts = append(parts, fmt.Sprintf("%s ticked when the form is shown: %s", countOf(len(h.ticked), "%d boxes are", "one box is"), list(shorten(h.ticked, 3))))
			f.Title = "A form's box that gives consent is ticked when it is shown"
		}
		if len(h.both) > 0 {
			parts = append(parts, fmt.Sprintf("one box agrees to terms and to marketing together: %s", list(shorten(h.both, 2))))
			if f.Title == "" {
				f.Title, f.Outcome, f.Severity = "One box agrees to terms and to marketing together", NeedsPerson, capped(r.Severity, flow.Indirect, 1)
			}
		}
		f.Message = fmt.Sprintf("Observed on %s: %s.", clip(h.form.Page, 120), list(parts))
		if kind := m.pageKinds[h.form.Page]; slices.Contains(customers, kind) {
			f.Outcome, f.Severity = NeedsPerson, capped(f.Severity, flow.Indirect, 1)
			f.Message += fmt.Sprintf(" The page is of the kind %s: whether national law allows this toward own customers needs a person.", kind)
		}
		res.findings = append(res.findings, f)
	}
	return res
}

// consentBox reports whether a box's label is one by which somebody agrees to
// something that is not needed to use the form.
func consentBox(label string) bool {
	return marketingWords.MatchString(label) || agreeWords.MatchString(label) && !necessaryWords.MatchString(label)
}
