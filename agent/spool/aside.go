package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
)

// asideDir is where damaged segments are kept. They may take a quarter of the
// spool's bytes; beyond that the oldest go and are counted.
const asideDir = "aside"

// asidePart is that quarter.
const asidePart = 4

// rewrite puts what could be read of a damaged segment in its place, and the
// segment aside for whoever wants to look at it. It returns the new content.
// After a crash in between the next start does the same again.
func (s *Spool) rewrite(number uint32, good []byte) ([]byte, error) {
	s.log.aside++
	// The count has to outlive the next start, and must not hide what is younger.
	head, err := s.log.head(0, -1, nil)
	if err != nil {
		return nil, err
	}
	content := appendFrame([]byte(magicRewritten), kindHead, head)
	content = append(content, good...)
	fresh := filepath.Join(s.config.Dir, fileName(number, rewrittenSuffix))
	if err := s.writeWhole(fresh, content); err != nil {
		return nil, fmt.Errorf("set segment aside: %w", err)
	}
	kept, err := s.setAside(number)
	if err != nil {
		return nil, fmt.Errorf("set segment aside: %w", err)
	}
	err = s.config.Disk.Rename(fresh, s.path(number))
	if err == nil {
		err = s.config.Disk.SyncDir(s.config.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("set segment aside: %w", err)
	}
	s.config.Logger.Warn("spool segment damaged and set aside: what can be read of it goes on, the rest is lost; check the volume of the agent's data directory",
		slog.String("file", fileName(number, segmentSuffix)), slog.String("kept_as", asideDir+"/"+kept),
		slog.Int("bytes_read", len(good)), slog.Uint64("segments_ever", s.log.aside))
	return content, nil
}

// writeWhole writes a new file, synced with its name.
func (s *Spool) writeWhole(path string, content []byte) error {
	f, err := s.config.Disk.Create(path, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(content, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = s.config.Disk.SyncDir(s.config.Dir)
	}
	if err != nil {
		return errors.Join(err, s.config.Disk.Remove(path))
	}
	return nil
}

// setAside moves a segment, makes room for it among those set aside before, and
// returns the name that it has there.
func (s *Spool) setAside(number uint32) (name string, err error) {
	dir := filepath.Join(s.config.Dir, asideDir)
	if err := s.config.Disk.MakeDir(dir); err != nil {
		return "", err
	}
	if err := s.config.Disk.SyncDir(s.config.Dir); err != nil {
		return "", err
	}
	names, err := s.config.Disk.List(dir)
	if err != nil {
		return "", err
	}
	turn := 0 // names begin with their turn, so that their order is their age
	if n := len(names); n > 0 {
		_, _ = fmt.Sscanf(names[n-1], "%d-", &turn)
	}
	name = fmt.Sprintf("%08d-%08d%s", turn+1, number, segmentSuffix)
	if err := s.config.Disk.Rename(s.path(number), filepath.Join(dir, name)); err != nil {
		return "", err
	}
	if err := s.config.Disk.SyncDir(dir); err != nil {
		return "", err
	}
	return name, s.boundAside(dir)
}

// boundAside removes the oldest of what is set aside until the rest is within
// the bound.
func (s *Spool) boundAside(dir string) error {
	names, err := s.config.Disk.List(dir)
	if err != nil {
		return err
	}
	sizes, total := make([]int64, len(names)), int64(0)
	for i, name := range names {
		if sizes[i], err = s.sizeOf(filepath.Join(dir, name)); err != nil {
			return err
		}
		total += sizes[i]
	}
	for i, name := range names {
		if total <= s.config.MaxBytes/asidePart {
			break
		}
		if err := s.config.Disk.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
		s.log.gone++
		total -= sizes[i]
	}
	return nil
}

func (s *Spool) sizeOf(path string) (int64, error) {
	f, err := s.config.Disk.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Size()
}

// purgeAside removes all that was set aside.
func (s *Spool) purgeAside() error {
	dir := filepath.Join(s.config.Dir, asideDir)
	names, err := s.config.Disk.List(dir)
	if err != nil || len(names) == 0 {
		return err
	}
	for _, name := range names {
		if err := s.config.Disk.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return s.config.Disk.SyncDir(dir)
}
