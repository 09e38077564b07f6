package main

import (
	"github.com/tacit-telemetry/tacit/cmd/internal/health"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/forward"
)

// relayCounts returns what /metrics tells of a relay: sums over everybody.
func relayCounts(s relay.Stats) []health.Count {
	g, p, d := s.Gate, s.Pool, s.Door
	out := []health.Count{
		gauge("tacit_relay_connections", "Connections from outside, now, those at the handshake included.", float64(d.Connections)),
		gauge("tacit_relay_agents", "Agents and sites that are connected, now.", float64(d.Agents)),
		gauge("tacit_relay_desks", "Engineers that are connected, now.", float64(d.Desks)),
		gauge("tacit_relay_stores", "Stores that are connected, now.", float64(d.Stores)),
		total("tacit_relay_accepted_total", "Connections from outside that came in.", d.Accepted),
		total("tacit_relay_passed_total", "Envelopes that were taken.", g.Passed),
		total("tacit_relay_passed_bytes_total", "Bytes of the envelopes that were taken.", g.Bytes),
		gauge("tacit_relay_pool_envelopes", "Envelopes that wait in the pool, now.", float64(p.Items)),
		gauge("tacit_relay_stuck", "Whether the next hop takes nothing, so that agents are asked to come later.", yes(p.Stuck)),
		total("tacit_relay_forwarded_total", "Envelopes that are safe at the next hop.", p.Passed),
		total("tacit_relay_thin_total", "Envelopes that left with little to hide among.", p.Thin),
		total("tacit_relay_dropped_total", "Envelopes that could not leave in time; their agents send them again.", p.Dropped),
		total("tacit_relay_shut_total", "Envelopes that waited in the pool when the site refused; their agents keep them.", p.Shut),
	}
	out = append(out, labelled("tacit_relay_turned_away_total", "Connections that did not come in.", "reason", map[string]uint64{
		"accept": d.Refused.Accept, "full": d.Refused.Full, "half_open": d.Refused.HalfOpen, "handshake": d.Refused.Handshake,
		"credential": d.Refused.Credential, "name": d.Refused.Name,
	})...)
	out = append(out, labelled("tacit_relay_refused_total", "Envelopes that were not taken.", "reason", g.Refused.ByReason())...)
	return append(out, upstreamCounts(s)...)
}

// upstreamCounts tells of the next hop, the key list and the policy.
func upstreamCounts(s relay.Stats) []health.Count {
	f, k := s.Forward, s.Keys
	out := []health.Count{
		gauge("tacit_relay_upstream_up", "Whether the next hop is there: the next relay, or the stream.", yes(f.Upstream != forward.Away)),
		total("tacit_relay_mended_total", "Times that the stream was made, opened or begun anew.", f.Mended),
		total("tacit_relay_discarded_total", "Times that the stream's files could not be used and were removed; agents send again.", s.Door.Discarded),
		total("tacit_relay_away_total", "Senders that were told that their reply is lost, so that they send again.", f.Away),
		total("tacit_relay_replies_total", "Replies that were brought to their senders.", f.Replies),
		gauge("tacit_relay_replies_waiting", "Replies that are waited for, now.", float64(f.Waiting)),
		gauge("tacit_relay_key_list_version", "Version of the store's key list that is served; 0: none.", float64(k.Version)),
		total("tacit_relay_key_lists_refused_total", "Key lists of wrong form, older ones, and those that the vendor did not sign.", k.Refused),
	}
	if !s.Site.Kept {
		return out
	}
	return append(out,
		gauge("tacit_relay_policy_on", "Whether the site takes part in at least one programme.", yes(s.Site.On)),
		gauge("tacit_relay_policy_held", "Whether the site's policy holds everything until an administrator decides.", yes(s.Site.Held)),
		gauge("tacit_relay_policy_damaged", "Whether it holds because its record is damaged; the console says what to do.", yes(s.Site.Damaged)),
		gauge("tacit_relay_policy_revision", "Revision of the site's policy.", float64(s.Site.Revision)),
		total("tacit_relay_policy_pushes_total", "Times that all agents were told the policy.", s.Site.Pushes))
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
