// Package participation decides whether this installation takes part, in each
// programme, says why, and remembers it.
//
// Seven inputs are asked, in this order, and the strictest wins: off before
// unknown before on. The first input that says the winning word decides. The
// first five are of this host and count for both programmes; the site and the
// registry have a word for each.
//
//	kill_file        /etc/tacit/off is there                    off
//	do_not_track     DO_NOT_TRACK, except empty, 0, false       off
//	tacit_telemetry  TACIT_TELEMETRY is off, 0, false or no     off
//	user             `tacit off`, `tacit on`                    off, on
//	machine_policy   /etc/tacit/policy.yaml                     off, on
//	site_policy      what the site's relay last said            off, on, unknown
//	programme        the registry's default: on, ask or off     on, unknown, off
//
// A yes overrules no stricter input. It answers one question only: a programme
// that asks or is off by default waits for the yes of a user, or of the site's
// administrator. An input that is there and cannot be read, or does not have its
// form, is unknown: never silently on. While the decision is unknown nothing is
// sent; records are kept on disk only if the last decision before it was on.
//
// The site's word is what its relay told on a live connection ([Resolver.Hear]).
// Revisions only go up: a relay that tells a lower one, something else under the
// same one, or nothing after something has lost its policy, and the site is
// unknown until its administrator saves the settings again. What an
// administrator refused, only an administrator allows again, with a higher
// revision; no default does.
//
// Participation covers the registry's release that it was given for: the one of
// the site's decision, or, without a site, the one in use at the first yes, until
// `tacit on` acknowledges a later one. The level is the lower of what machine
// policy and site allow; where neither says one it is standard, and enhanced while
// a user of this host has asked to debug, which ends by itself and with a refusal.
//
// DIR/participation keeps it, for its owner only:
//
//	refused       there while a user refuses; whatever it holds
//	history.log   who decided what and when; each line carries the hash of the one before
//	decided.json  the last decision, what it covers, and how far the history went
//	debug.json    until when a user asked to debug
//	site.json     what the site's relay said
//
// The refusal is a file of its own, made before anything else and removed last,
// so that a crash leaves the stricter state, and an older backup that is copied
// over the directory does not take it away. The history says off as well: one
// of the two is enough. For a backup that replaces the whole directory there is
// a witness, a small file elsewhere (Config.Witness): it has the user's refusal,
// the site's refusals and its highest revision, and wins where it is ahead. A
// witness that cannot be read is unknown; one that cannot be written makes
// nothing fail, and is logged once.
//
// It promises that a nil error of Off, On and Hear means synced. On a full disk
// a refusal still holds: an empty file is one, and if even that cannot be made
// the process remembers it until it ends, and says so. The history takes
// decisions up to 1 MiB and the words of users always. When the clock was never
// set, times are left out; nothing else depends on them.
package participation
