package participation

import (
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// builtInDefault returns a programme's default in the built-in registry. One
// that is not there is off.
func builtInDefault(name schema.Programme) registry.Default {
	if p, ok := registry.Base().Programme(name); ok {
		return p.Default
	}
	return registry.DefaultOff
}

// programmeInput is what counts where no one decided. Once a user, or the
// site's administrator, said yes, a programme that waits for a yes has nothing
// more to say.
func (r *Resolver) programmeInput(name schema.Programme, answered bool) Input {
	value := r.c.Default(name)
	in := Input{Name: "programme", Value: string(value), Source: "registry", Since: r.started}
	switch {
	case value == registry.DefaultOn:
		in.Says, in.Reason = On, "It is on by default; no one has decided otherwise."
	case answered:
		in.Says, in.Reason = NoOpinion, "The programme waits for a yes, and has one."
	case value == registry.DefaultAsk:
		in.Says, in.Reason = Unknown, "The programme asks first, and no one has answered; say `tacit on` or `tacit off`."
	case value == registry.DefaultOff:
		in.Says, in.Reason = Off, "The programme is off by default; `tacit on` turns it on."
	default:
		in.Value, in.Says = "unreadable", Unknown
		in.Reason = "The registry names no default for the programme; use a registry that `tacit registry lint` accepts."
	}
	return in
}
