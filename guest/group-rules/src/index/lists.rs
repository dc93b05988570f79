//! Many short lists in one.

/// Lists of numbers, by number.
#[derive(Debug, Default, Clone)]
pub(super) struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// From pairs of a list's number and an item.
    pub fn new(count: usize, pairs: &[(u32, u32)]) -> Self {
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
        let mut items = vec![0; sum as usize];
        for (list, item) in pairs {
            let Some(place) = next.get_mut(*list as usize) else { continue };
            if let Some(slot) = items.get_mut(*place as usize) {
                *slot = *item;
                *place += 1;
            }
        }
        Lists { starts, items }
    }

    pub fn get(&self, list: u32) -> &[u32] {
        let list = list as usize;
        match self.starts.get(list..list + 2) {
            Some([from, to]) => self.items.get(*from as usize..*to as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn bytes(&self) -> usize {
        (self.starts.capacity() + self.items.capacity()) * 4
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
