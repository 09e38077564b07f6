package sync

import (
	"context"
	"log/slog"

	"example.com/klog/v2"
)

func run(ctx context.Context, l *slog.Logger, sugar *other) {
	slog.Info("Renewed the index", "docCount", n, "took", took, slog.Group("peer", slog.String("host", host), "port", port), "no key", 1)
	l.Info("Renewed the index", "docCount", n, "took", took)
	l.WarnContext(ctx, "Peer is slow", slog.Duration("after", after), extra)
	l.LogAttrs(ctx, slog.LevelInfo, "Peer is back", slog.Any("{odd}", x), slog.Int("userID", id), slog.Int("user_id", id))
	l.Error(err.Error())
	l.With("a", 1).Debug("Peer {x} is asked")
	sugar.Infow("Sugar was added", "spoons", 3)
	sugar.Warnf("Sugar ran low: %d%s left", left, unit)
	klog.Info("Began to follow ", pod.Name)
	klog.V(2).Infof("Followed %s for %s", pod, time)
	event.Err(err).Msg("Was sent")
}
