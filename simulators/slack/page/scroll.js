// Keeps a list at its foot while a person reads there, and where they are while they read further up. A newest
// message that is taller than the pane is shown from its beginning: a long transcript starts with its title.

const NEAR = 80; // px from the foot that still count as being there

/** Follows the growth of `list` inside `scroller`: {changed(), toFoot()}. */
export function followFoot(scroller, list) {
  let following = true;
  let target = 0;
  let tall = null; // the newest message, if it is shown from its beginning
  const toFoot = () => {
    following = true;
    const foot = scroller.scrollHeight - scroller.clientHeight;
    const newest = list.lastElementChild;
    tall = newest && newest.offsetHeight > scroller.clientHeight ? newest : null;
    const begins = newest
      ? newest.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
      : foot;
    target = newest ? Math.max(0, Math.min(foot, tall ? begins : foot)) : 0; // a welcome is read from its top
    scroller.scrollTop = target;
  };
  scroller.addEventListener(
    "scroll",
    () => {
      const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
      following = left < NEAR || Math.abs(scroller.scrollTop - target) < 2;
    },
    { passive: true },
  );
  const changed = () => {
    // Whoever reads a long reply is not carried away by the next one.
    if (tall?.isConnected && tall !== list.lastElementChild) following = false;
    if (following) toFoot();
  };
  // Pictures and previews change heights after they are drawn; so does the window.
  const watch = new ResizeObserver(() => following && toFoot());
  watch.observe(list);
  watch.observe(scroller);
  return { changed, toFoot };
}
