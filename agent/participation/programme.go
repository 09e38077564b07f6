package participation

import (
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// builtInDefault returns the default of the first programme that every product
// has. A registry without it is asked for a yes.
func builtInDefault() registry.Default {
	if p, ok := registry.Base().Programme(schema.CEIP); ok {
		return p.Default
	}
	return registry.DefaultAsk
}

// programmeInput is what counts where nobody decided. Once a user or the site
// said yes, a programme that waits for a yes has nothing more to say.
func (r *Resolver) programmeInput(answered bool) Input {
	value := r.c.Default()
	in := Input{Name: "programme", Value: string(value), Source: "registry", Since: r.started}
	switch {
	case value == registry.DefaultOn:
		in.Says, in.Reason = On, "It is on by default; nobody decided."
	case answered:
		in.Says, in.Reason = NoOpinion, "The programme waits for a yes, and has one."
	case value == registry.DefaultAsk:
		in.Says, in.Reason = Unknown, "The programme asks first, and nobody has answered; say `tacit on` or `tacit off`."
	case value == registry.DefaultOff:
		in.Says, in.Reason = Off, "The programme is off by default; `tacit on` turns it on."
	default:
		in.Value, in.Says = "unreadable", Unknown
		in.Reason = "The registry names no default for the programme; use a registry that `tacit registry lint` accepts."
	}
	return in
}

// siteInput asks the site, where there is one.
func (r *Resolver) siteInput() Input {
	in := Input{Name: "site_policy", Source: "the site's relay"}
	if r.c.Site == nil {
		in.Says, in.Reason = NoOpinion, "This host has no site relay."
		return in
	}
	in.Says, in.Since = r.c.Site.Says()
	in.Value = in.Says.String()
	switch in.Says {
	case On:
		in.Reason = "The site takes part."
	case Off:
		in.Reason = "The site refused, for all its hosts."
	case NoOpinion:
		in.Reason = "The site leaves it to its hosts."
	default:
		in.Says, in.Reason = Unknown, "The site's decision was not heard; check the connection to the site's relay."
	}
	return in
}
