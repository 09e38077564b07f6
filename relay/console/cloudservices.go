package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
)

const cloudServicesPath = "/cloud-services"

// cloudView is the page "Cloud services".
type cloudView struct {
	Notice    notice
	Form      form
	Meanwhile []historyRow // what others decided since the form was opened, newest first
	Compare   bool         // the form holds what somebody wanted and is not saved
	Wanted    []change     // with Compare: what saving it would change
	New       []field      // of the registry, not covered by the decision
	Covered   uint32       // registry release that the decision covers; 0: none
	Release   schema.Release
	Enhanced  string // names of the fields that the enhanced level adds
	History   historyView
}

func (c *Console) cloudServices(r *web.Request) (any, error) {
	state := c.cfg.Policy.State()
	if f, ok := readForm(r.Restored); ok && r.Restored != nil {
		return c.unsaved(r, state, f), nil
	}
	return c.cloudView(r, state, c.formOf(state.Policy)), nil
}

// saveCloudServices decides anew. Nothing is saved over a revision that the
// administrator did not see, nor over the same decision.
func (c *Console) saveCloudServices(r *web.Request) (*web.Answer, error) {
	f, ok := readForm(r.Form)
	if !ok {
		return nil, &web.Problem{Status: http.StatusUnprocessableEntity, Key: "console.cloud.unreadable"}
	}
	state := c.cfg.Policy.State()
	f = f.together(state.Policy)
	release := f.release(state.Policy.Release, c.cfg.Registry.Release)
	if f.Over == state.Policy.Revision && decidedAs(state, f.settings(), release) {
		return &web.Answer{To: cloudServicesPath, Notice: "console.cloud.same"}, nil
	}
	// A browser that goes away does not take a decision back.
	ctx := context.WithoutCancel(r.Context())
	_, err := c.cfg.Policy.Save(ctx, r.Account, f.Over, f.settings(), release)
	var conflict *policy.ConflictError
	switch {
	case errors.As(err, &conflict):
		return &web.Answer{
			Again: c.unsaved(r, conflict.Now, f), Status: http.StatusConflict, Notice: "console.cloud.conflict",
		}, nil
	case err != nil:
		c.cfg.Logger.ErrorContext(ctx, "the site's decision was not saved", slog.Any("error", err))
		return &web.Answer{
			Again: c.unsaved(r, c.cfg.Policy.State(), f), Status: http.StatusInternalServerError,
			Notice: "console.cloud.failed", Args: []any{err.Error()},
		}, nil
	case f.CEIP || f.CSP:
		return &web.Answer{To: cloudServicesPath, Notice: "console.cloud.saved"}, nil
	}
	return &web.Answer{To: cloudServicesPath, Notice: "console.cloud.saved_off"}, nil
}

// decidedAs says whether an administrator decided exactly so already.
func decidedAs(state policy.State, s policy.Settings, release uint32) bool {
	p := state.Policy
	return state.Trouble == "" && p.Decided && settingsOf(p) == s && p.Release == release
}

func (c *Console) cloudView(r *web.Request, state policy.State, f form) cloudView {
	v := cloudView{
		Notice: noticeOf(r, state, true), Form: f, Covered: state.Policy.Release, Release: c.cfg.Registry.Release,
		History: c.history(r),
	}
	if v.Covered != 0 {
		v.New = c.newer(r, v.Covered)
	}
	var enhanced []string
	for i := range c.cfg.Registry.Metrics {
		if m := &c.cfg.Registry.Metrics[i]; m.Level == schema.Enhanced {
			enhanced = append(enhanced, m.Name)
		}
	}
	v.Enhanced = strings.Join(enhanced, ", ")
	return v
}

// unsaved shows the form with what an administrator wanted, what was decided
// since he opened it, and what it would change now. Its next posting is over
// the revision that this page shows.
func (c *Console) unsaved(r *web.Request, state policy.State, f form) cloudView {
	over, now := f.Over, c.cfg.Registry.Release
	if f.Seen != uint32(now) {
		f.Include = false // he has not seen these fields yet
	}
	release := f.release(state.Policy.Release, now)
	f.Over, f.Seen = state.Policy.Revision, uint32(now)
	v := c.cloudView(r, state, f)
	v.Compare = true
	v.Wanted = changes(r, settingsOf(state.Policy), state.Policy.Release, f.settings(), release)
	v.Meanwhile = v.History.decisionsAfter(r, over)
	return v
}
