// Keeps a list at its foot while a person reads there, and where they are while they read further up.

const NEAR = 80; // px from the foot that still count as being there

/** Follows the growth of `content` inside `scroller`: {changed(), toFoot()}. */
export function followFoot(scroller, content) {
  let atFoot = true;
  const toFoot = () => {
    atFoot = true;
    scroller.scrollTop = scroller.scrollHeight;
  };
  scroller.addEventListener("scroll", () => {
    atFoot = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  }, { passive: true });
  // Pictures and previews change heights after they are drawn; so does the window.
  const watch = new ResizeObserver(() => atFoot && toFoot());
  watch.observe(content);
  watch.observe(scroller);
  return { changed: () => atFoot && toFoot(), toFoot };
}
