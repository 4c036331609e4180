package web

import (
	"net/http"

	"candor/reports/store"
)

// anybody is the role of routes that are everybody's who has logged in.
const anybody store.Role = ""

// named are the parts of paths that name what belongs to an organisation.
var named = []struct {
	part string
	kind store.Thing
}{
	{"site", store.ASite}, {"scan", store.AScan}, {"schedule", store.ASchedule},
	{"suppression", store.ASuppression}, {"organisation", store.AnOrganisation},
}

// admit lets somebody use a route or says why not, and fills in their role. What
// belongs to an organisation in which somebody may nothing is not there for them.
// The request that it returns sees what they may read and nothing else.
func (s *server) admit(r *http.Request, p *who, need store.Role) (*http.Request, error) {
	p.role = p.pass.Access.Most()
	for _, n := range named {
		id := r.PathValue(n.part)
		if id == "" {
			continue
		}
		organisation, err := s.Store.OrganisationOf(r.Context(), n.kind, id)
		if err != nil {
			return r, err
		}
		p.role = p.pass.Access.Role(organisation)
		if !p.role.May(store.Viewer) {
			return r, store.ErrNotFound
		}
	}
	if need == store.Admin && p.pass.Access.All != store.Admin || need != anybody && !p.role.May(need) {
		return r, forbidden{need}
	}
	return r.WithContext(store.Seeing(r.Context(), p.pass.Access)), nil
}

// mayIn says whether somebody has a role in an organisation that a form or a body
// names; one that they may not see is not there.
func (p who) mayIn(organisation string, need store.Role) error {
	switch have := p.pass.Access.Role(organisation); {
	case !have.May(store.Viewer):
		return store.ErrNotFound
	case !have.May(need):
		return forbidden{need}
	}
	return nil
}

// organisationsOf are those in which somebody has a role.
func (s *server) organisationsOf(r *http.Request, p who, need store.Role) ([]store.Organisation, error) {
	all, err := s.Store.Organisations(r.Context())
	if err != nil {
		return nil, err
	}
	out := []store.Organisation{}
	for _, o := range all {
		if p.mayIn(o.ID, need) == nil {
			out = append(out, o)
		}
	}
	return out, nil
}
