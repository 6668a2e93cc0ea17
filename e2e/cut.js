// What a page cuts off or lets scroll sideways; a labelled region that takes the focus may scroll.
() => {
  const pen = document.createElement("canvas").getContext("2d");
  /** @param {Element} each @param {string} text */
  const fits = (each, text) => {
    const style = getComputedStyle(each);
    pen.font = style.font;
    const room = each.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(text).width <= room + 1;
  };
  const isRegion = (each) => each.matches('[role="region"][aria-label][tabindex="0"]');
  const isCut = (each) => {
    if (each instanceof HTMLSelectElement) {
      const told = each.nextElementSibling?.hasAttribute("data-whole");
      return !told && !fits(each, each.selectedOptions[0]?.text ?? "");
    }
    if (each instanceof HTMLInputElement) return !fits(each, each.placeholder);
    if (each instanceof HTMLTextAreaElement || isRegion(each)) return false;
    const inline = getComputedStyle(each).display === "inline";
    return !inline && each.scrollWidth > each.clientWidth + 3; // a turned arrow is a little wider
  };
  const seen = [...document.querySelectorAll("body *")].filter(
    (each) => each.clientWidth > 1 && each.checkVisibility({ visibilityProperty: true }) && !each.closest(".hidden, svg"),
  );
  const found = seen
    .filter(isCut)
    .map((each) => `${each.tagName} ${each.className} ${each.getAttribute("name") ?? ""}: ${each.textContent.trim().slice(0, 60)}`);
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page itself is too wide");
  return found;
};
