/* Turns a long select[data-combobox] into a field one can search. The select stays and holds the
   value: without this script, or with few options, it is simply shown. ARIA: combobox with list
   autocomplete (WAI-ARIA Authoring Practices 1.2). */
(() => {
  "use strict";
  const FEW = 5;

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function enhance(select) {
    if (select.options.length <= FEW || select.hidden) return;
    const field = document.createElement("div");
    const input = document.createElement("input");
    const list = document.createElement("ul");
    const label = document.querySelector(`label[for="${select.id}"]`);
    let active = -1;

    field.className = "combobox";
    Object.assign(input, { id: `${select.id}-search`, className: select.className, type: "text" });
    input.autocomplete = "off";
    input.spellcheck = false;
    list.id = `${select.id}-list`;
    list.hidden = true;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    list.setAttribute("role", "listbox");
    if (label) {
      label.htmlFor = input.id;
      label.id = `${select.id}-label`;
      list.setAttribute("aria-labelledby", label.id);
    }
    field.append(input, list);
    select.before(field);
    select.hidden = true;

    const shown = () => [...list.querySelectorAll(".combobox__option")];

    function showChoice() {
      input.value = select.selectedOptions[0]?.label ?? "";
    }

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(item) {
      select.value = item.dataset.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
      showChoice();
      close();
      input.select();
    }

    function open(search) {
      const wanted = plain(search);
      const found = [...select.options].filter((option) => plain(option.label).includes(wanted));
      list.replaceChildren(...(found.length ? found.map(itemOf) : [nothing()]));
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }

    function itemOf(option, place) {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.className = "combobox__option";
      item.textContent = option.label;
      item.dataset.value = option.value;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(option.selected));
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        choose(item);
      });
      return item;
    }

    function nothing() {
      const item = document.createElement("li");
      item.className = "combobox__nothing";
      item.textContent = select.dataset.nothing;
      item.setAttribute("role", "option");
      item.setAttribute("aria-disabled", "true");
      item.setAttribute("aria-selected", "false");
      return item;
    }

    function move(step) {
      if (list.hidden) open("");
      const items = shown();
      if (!items.length) return;
      items[active]?.classList.remove("combobox__option--active");
      active = (active + step + items.length + (active < 0 && step < 0 ? 1 : 0)) % items.length;
      items[active].classList.add("combobox__option--active");
      items[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", items[active].id);
    }

    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => list.hidden && open(""));
    input.addEventListener("input", () => open(input.value));
    input.addEventListener("blur", () => {
      showChoice();
      close();
    });
    input.addEventListener("keydown", (event) => {
      const items = shown();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        const item = items[active] ?? (items.length === 1 ? items[0] : null);
        if (item) choose(item);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        showChoice();
        close();
      }
    });
    showChoice();
  }

  const enhanceAll = (root) => root.querySelectorAll("select[data-combobox]").forEach(enhance);
  enhanceAll(document);
  document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
})();
