//! Many short lists in one.

/// Lists, by number.
#[derive(Debug, Clone)]
pub(super) struct Lists<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Lists { starts: Vec::new(), items: Vec::new() }
    }
}

impl<T: Copy> Lists<T> {
    /// From pairs of a list's number and an item.
    pub fn new(count: usize, pairs: &[(u32, T)]) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (list, _) in pairs {
            if let Some(start) = starts.get_mut(*list as usize + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut items: Vec<T> = pairs.iter().map(|(_, item)| *item).collect();
        for (list, item) in pairs {
            let Some(place) = next.get_mut(*list as usize) else { continue };
            if let Some(slot) = items.get_mut(*place as usize) {
                *slot = *item;
                *place += 1;
            }
        }
        Lists { starts, items }
    }

    pub fn get(&self, list: u32) -> &[T] {
        self.items(self.range(list))
    }

    /// Where a list stands among all items.
    pub fn range(&self, list: u32) -> (u32, u32) {
        let list = list as usize;
        match self.starts.get(list..list + 2) {
            Some([from, to]) => (*from, *to),
            _ => (0, 0),
        }
    }

    #[inline(always)]
    pub fn items(&self, (from, to): (u32, u32)) -> &[T] {
        self.items.get(from as usize..to as usize).unwrap_or(&[])
    }

    pub fn bytes(&self) -> usize {
        self.starts.capacity() * 4 + self.items.capacity() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_keeps_its_items_in_order() {
        let lists = Lists::new(4, &[(2, 7), (0, 1), (2, 8), (3, 9)]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|list| lists.get(list).to_vec()),
            [vec![1], vec![], vec![7, 8], vec![9], vec![]]
        );
    }
}
