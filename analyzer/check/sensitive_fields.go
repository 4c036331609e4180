package check

import (
	"fmt"
	"slices"

	"candor/analyzer/flow"
	"candor/rules"
)

// sensitiveFields finds third parties on pages whose forms ask for sensitive
// data: what was typed was seen going to them, or their script runs beside the
// fields and could read them. Processors, those whom the form is sent to and
// those that only deliver files are left out. Params:
//
//	kinds   kinds of page, and classes of sensitive places, on which forms are looked at
//	data    types of data that count
//	spared  categories of vendors that are left out
func sensitiveFields(m *Matcher, r *rules.Rule) result {
	forms := m.formsFor(r)
	if len(forms) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No form that asks for such data was seen."}
	}
	data, spared := texts(r, "data"), texts(r, "spared")
	pages, asked, sentTo := map[string]bool{}, []string{}, map[string]bool{}
	for _, a := range forms {
		pages[a.form.Page] = true
		asked = append(asked, a.data...)
		sentTo[a.form.ActionVendor] = true
	}
	asked = compact(asked)
	beside := m.flows(func(f *flow.Flow) bool {
		categories := m.categories(f)
		return f.Recipient.Party == flow.Third && f.Channel == "request" && !m.processor(f.Recipient) && !sentTo[f.Recipient.Vendor] && !m.consentTool(f.Recipient.Vendor) &&
			!flow.Infrastructure(categories) && !overlap(categories, spared) && slices.ContainsFunc(f.Pages, func(p string) bool { return pages[p] })
	})
	var res result
	for _, g := range byRecipient(beside) {
		who := m.vendorName(g.recipient())
		got := group{}
		for _, f := range g.flows {
			if slices.Contains(data, f.DataTypes[0]) {
				got.flows = append(got.flows, f)
			}
		}
		var f Finding
		if len(got.flows) > 0 {
			f = got.finding(r.Severity)
			f.Title = fmt.Sprintf("%s gets %s from a form", m.calling(g.recipient()), m.few(f.DataTypes))
			f.Message = fmt.Sprintf("A form on %s asks for %s, and %s was seen getting %s.", sorted(pages)[0], m.dataNames(asked), who, m.dataNames(f.DataTypes))
		} else {
			f = g.finding(capped(r.Severity, flow.Indirect, 1))
			f.Confidence, f.DataTypes = string(flow.Indirect), asked
			f.Title = fmt.Sprintf("A script of %s runs beside fields for %s", m.calling(g.recipient()), m.few(asked))
			f.Message = fmt.Sprintf("A form on %s asks for %s. On the same page %s is active: a script there can read what is entered. That it does was not seen.", sorted(pages)[0], m.dataNames(asked), who)
		}
		f.Pages = slices.DeleteFunc(f.Pages, func(p string) bool { return !pages[p] })
		res.findings = append(res.findings, f)
	}
	if len(res.findings) == 0 {
		return result{outcome: Matches, why: fmt.Sprintf("A form asks for %s, and no third party but processors and those it is sent to was seen on its page.", m.dataNames(asked))}
	}
	return res
}
